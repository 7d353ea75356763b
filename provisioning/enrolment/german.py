"""What the console says of enrolment, in German; the English words stand in `faults` and `status`."""

from kiosk.contract.enrolment import Fault, Step

STEPS = {
    Step.BEGINNING: "Dieses Gerät wird angemeldet.",
    Step.FINDING_SERVER: "Der Anmeldeserver wird gesucht: {server}",
    Step.MAKING_KEY: "Ein Schlüssel wird gemacht.",
    Step.ASKING: "Ein Zertifikat wird erbeten.",
    Step.WAITING_FOR_YES: "Wartet auf die Technik: provision central enrolment approve {code} --terminal {name}",
    Step.STORING: "Das Zertifikat wird gespeichert.",
    Step.DONE: "Dieses Gerät ist angemeldet als {terminal}.",
}

_NEW_TICKET = "Ein neues Ticket ziehen (provision central enrolment token new) und auf die Karte schreiben."
FAULTS: dict[Fault, tuple[str, str]] = {
    Fault.TICKET_DAMAGED: ("Das Ticket auf der Karte ist nicht lesbar.", _NEW_TICKET),
    Fault.CLOCK_WRONG: (
        "Die Uhr dieses Geräts geht falsch.",
        "Nichts zu tun, wenn ein Zeitserver (NTP) erreichbar ist. Sonst NTP erlauben oder die Uhr stellen.",
    ),
    Fault.NO_NETWORK: (
        "Es gibt kein Netz.",
        "Kabel, Port am Switch, VLAN und DHCP prüfen, oder die feste Adresse, mit der die Karte geschrieben wurde.",
    ),
    Fault.NAME_UNKNOWN: (
        "Der Name des Anmeldeservers ist hier nicht bekannt.",
        "Den DNS-Server dieses Netzes prüfen und den Namen des Servers auf dem Ticket.",
    ),
    Fault.PROXY_MISSING: (
        "Der Proxy dieses Netzes ist nicht erreichbar.",
        "`proxy` der Site im Plan prüfen (Name und Port) und den DNS-Server dieses Netzes.",
    ),
    Fault.UNREACHABLE: (
        "Der Anmeldeserver antwortet nicht.",
        "Prüfen, ob er läuft (provision central check) und ob eine Firewall dieses Gerät zu ihm lässt.",
    ),
    Fault.NOT_THE_SERVER: (
        "An Stelle des Anmeldeservers antwortet etwas anderes.",
        "Adresse und Port auf dem Ticket prüfen, und ob der DNS-Server dieses Netzes die Wahrheit sagt.",
    ),
    Fault.SIGN_IN_PAGE: (
        "Dieses Netz will zuerst eine Anmeldung auf einer Seite.",
        "Das kann ein Gerät nicht: an ein anderes Netz anschließen oder davon ausnehmen lassen.",
    ),
    Fault.FINGERPRINT_WRONG: (
        "Der Anmeldeserver gehört zu einer anderen Stelle als auf dem Ticket; nichts Geheimes wurde gesendet.",
        "Wurde die Stelle neu gemacht: ein neues Ticket ziehen. Sonst sitzt jemand dazwischen: dem Netzbetrieb melden.",
    ),
    Fault.MAN_IN_THE_MIDDLE: (
        "Zwischen diesem Gerät und dem Anmeldeserver sitzt jemand; nichts Geheimes wurde gesendet.",
        "Die Firewall darf diese Verbindung nicht öffnen (TLS-Prüfung); oder dem Netzbetrieb melden.",
    ),
    Fault.SERVER_NAME_WRONG: (
        "Das Zertifikat des Anmeldeservers gilt für einen anderen Namen als den auf dem Ticket.",
        "Das Zertifikat für den Namen der Tickets machen oder ein Ticket mit dem richtigen Namen ziehen.",
    ),
    Fault.SERVER_EXPIRED: (
        "Das Zertifikat des Anmeldeservers gilt nicht zu der Zeit, die die Uhr dieses Geräts zeigt.",
        "Die Uhr vergleichen; geht sie richtig, braucht der Server ein neues Zertifikat.",
    ),
    Fault.TOKEN_WRONG: ("Der Anmeldeserver kennt dieses Ticket nicht.", _NEW_TICKET),
    Fault.TOKEN_USED: ("Dieses Ticket wurde schon benutzt, für einen anderen Schlüssel.", _NEW_TICKET),
    Fault.TOKEN_EXPIRED: ("Dieses Ticket ist zu alt.", _NEW_TICKET),
    Fault.TERMINAL_WRONG: (
        "Das Ticket wurde für ein anderes Gerät gezogen.",
        "Die Karte dieses Geräts neu schreiben; Tickets lassen sich nicht tauschen.",
    ),
    Fault.TICKET_NEEDED: ("Der Anmeldeserver lässt niemanden ohne Ticket ein.", _NEW_TICKET),
    Fault.REQUEST_WRONG: (
        "Der Anmeldeserver nimmt die Form der Anfrage nicht an.",
        "Gerät und Server haben verschiedene Versionen: die ältere erneuern.",
    ),
    Fault.KEY_REUSED: (
        "Dieser Schlüssel hatte schon ein Zertifikat; er ist nur für eines gut.",
        "Es wird mit einem neuen versucht. Bleibt es so: die Karte neu schreiben; nie eine benutzte Karte kopieren.",
    ),
    Fault.REVOKED: (
        "Das Zertifikat dieses Geräts wurde widerrufen.",
        "Soll es wieder dienen: ein neues Ticket ziehen und auf die Karte schreiben.",
    ),
    Fault.CERTIFICATE_EXPIRED: ("Das Zertifikat dieses Geräts ist abgelaufen.", _NEW_TICKET),
    Fault.CERTIFICATE_UNKNOWN: ("Der Anmeldeserver nimmt das Zertifikat dieses Geräts nicht an.", _NEW_TICKET),
    Fault.NO_YES_YET: (
        "Die Technik hat dieses Gerät noch nicht freigegeben.",
        "Den Code freigeben lassen: provision central enrolment approve CODE --terminal SITE.ROOM.",
    ),
    Fault.CODE_REFUSED: (
        "Die Technik hat dieses Gerät abgelehnt.",
        "Fragen, warum; dann für einen neuen Code noch einmal starten.",
    ),
    Fault.TOO_MANY: ("Zu viele Versuche.", "Nichts zu tun: es wird später wieder versucht."),
    Fault.SERVER_FAULT: (
        "Der Anmeldeserver hat selbst einen Fehler.",
        "In sein Journal sehen (journalctl -u kiosk-enrolment); es wird wieder versucht.",
    ),
    Fault.ANSWER_WRONG: (
        "Das Zertifikat, das kam, gehört nicht zu Schlüssel, Name oder Stelle dieses Geräts.",
        "Gerät und Server haben verschiedene Versionen, oder es ist nicht unser Server: in sein Journal sehen.",
    ),
    Fault.DISK: (
        "Die Karte ist nicht beschreibbar.",
        "Sie ist voll, schreibgeschützt oder verbraucht: eine neue nehmen.",
    ),
    Fault.NOT_ENROLLED: ("Dieses Gerät hat noch kein Zertifikat.", "`provision enrol run` starten."),
    Fault.TICKET_STAYS: (
        "Das Gerät ist angemeldet, aber sein benutztes Ticket ließ sich nicht von der Karte nehmen.",
        "Es öffnet nichts mehr. Bei Gelegenheit die Boot-Partition prüfen (fsck.vfat).",
    ),
}
