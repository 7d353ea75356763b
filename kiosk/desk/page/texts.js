// Every word the page says, in German and English. Knows no state.

const TEXTS = {
  de: {
    presence: 'Ihre Erreichbarkeit', free: 'Erreichbar', busy: 'Gleich zurück', away: 'Nicht da', guest: 'Gast',
    inCall: 'Im Gespräch',
    nameTitle: 'Wie heißen Sie?', nameNote: 'So werden Sie im Raum vorgestellt. Ihr Name bleibt nirgends gespeichert.',
    nameLabel: 'Ihr Name', go: 'Weiter', today: 'Heute', nothingToday: 'Heute ist hier kein Termin vorgemerkt.',
    appointment: 'Termin {number}', running: 'Termin {number}, läuft', knock: 'Anklopfen', from: 'Ab {time}',
    trash: 'Nichts bleibt. Am Ende ist alles gelöscht, hier wie im Raum.',
    readyFree: 'Sie sind erreichbar.', readyBusy: 'Sie sind gleich zurück.', readyAway: 'Sie sind nicht da.',
    readyGuest: 'Willkommen.',
    readyFreeNote: 'Wenn ein Raum Sie braucht, klingelt es hier. Lassen Sie dieses Fenster offen.',
    readyNotNote: 'Räume können Sie jetzt nicht rufen. Zu Ihren Terminen können Sie anklopfen.',
    readyGuestNote: 'Klopfen Sie an, wenn Sie so weit sind. Im Raum entscheidet man, wann Sie hereinkommen.',
    tryOut: 'Kamera und Mikrofon ausprobieren', enough: 'Wieder ausschalten', onlyHere: 'Nur hier zu sehen',
    rings: '{room} ruft', speaks: 'Sprache: {language}', ringsFor: 'klingelt noch {seconds} s', accept: 'Annehmen',
    acceptAndLeave: 'Dorthin wechseln', later: 'In 10 Min.', decline: 'Kann nicht',
    helpWanted: '{room} braucht Hilfe', helpSince: 'Gerufen um {time}',
    helpUnseen: 'Unbemerkt gerufen um {time}. Im Raum soll es niemand merken.',
    helpAnswered: 'Jemand ist unterwegs.', helpMine: 'Im Raum weiß man: {name} kommt.',
    helpMineUnseen: 'Sie sind unterwegs.',
    'help-coming': 'Ich komme', 'help-done': 'Erledigt',
    knocking: 'Sie klopfen an.', waiting: 'Sie warten an der Tür: {room}.',
    waitingNote: 'Niemand sieht oder hört Sie, bis man Sie hereinbittet.',
    parked: 'Sie warten vor der Tür: {room}.',
    parkedNote: 'Im Raum spricht man einen Moment ohne Sie. Niemand sieht oder hört Sie.',
    admitted: 'Sie sind im Gespräch: {room}.', left: '{room} · noch {minutes} min', over: '{room} · Zeit ist um',
    connecting: 'Die Verbindung wird aufgebaut …', lost: 'Die Verbindung ist weg. Sie wird neu aufgebaut …',
    soundOnly: 'Nur Ton. Niemand sieht ein Bild.', roomCameraOff: 'Die Kamera im Raum ist aus.', noPicture: 'Kein Bild',
    paused: 'Kurze Pause im Raum. Gleich geht es weiter.',
    cameraOn: 'Kamera AN', cameraOff: 'Kamera AUS', cameraHere: 'Kamera NUR HIER', cameraBad: 'Kamera GESTÖRT',
    microphoneOn: 'Mikrofon AN', microphoneOff: 'Mikrofon AUS', microphoneHere: 'Mikrofon NUR HIER',
    microphoneBad: 'Mikrofon GESTÖRT',
    turnMicrophoneOn: 'Mikrofon einschalten', turnMicrophoneOff: 'Mikrofon ausschalten',
    turnCameraOn: 'Kamera einschalten', turnCameraOff: 'Kamera ausschalten',
    share: 'Bildschirm zeigen', stopSharing: 'Nicht mehr zeigen', leave: 'Verlassen', cancel: 'Abbrechen',
    youShow: 'Sie zeigen: {what}', shows: '{name} zeigt den Bildschirm',
    showsDocument: '{name} zeigt ein Dokument', screen: 'den ganzen Bildschirm',
    window: 'ein Fenster', tab: 'einen Tab', chosen: 'was Sie ausgewählt haben',
    seesAll: 'Der Raum sieht alles darauf.',
    seesOnly: 'Der Raum sieht nur dies.',
    'language-de-easy': 'Leichte Sprache',
    you: 'Sie', room: 'Raum', talking: 'spricht', muted: 'stumm',
    declinedTitle: 'Heute nicht.', declinedNote: 'Im Raum möchte man heute ohne Sie weitersprechen.',
    endedTitle: 'Das Gespräch ist zu Ende.', endedNote: 'Kamera und Mikrofon sind aus. Hier ist nichts gespeichert.',
    refusedTitle: 'Der Raum ist noch nicht so weit.', refusedNote: 'Klopfen Sie bitte gleich noch einmal an.',
    back: 'Zurück', again: 'Noch einmal anklopfen',
    offline: 'Keine Verbindung. Sie wird wieder aufgebaut …',
    answeredElsewhere: 'Jemand anderes hat den Ruf angenommen.', ringStopped: 'Der Raum ruft nicht mehr.',
    saidLater: 'Der Raum weiß: in 10 Minuten.', saidNo: 'Der Raum weiß, dass Sie nicht können.',
    noCamera: 'Keine Kamera gefunden. Man hört Sie nur.', noDevices: 'Weder Kamera noch Mikrofon gefunden.',
    notShared: 'Es wird nichts gezeigt.',
    closedTitle: 'Dieser Link gilt nicht mehr.', closedNote: 'Die Stelle, die ihn geschickt hat, kann Ihnen helfen.',
    revokedTitle: 'Dieser Link wurde zurückgenommen.', wrongTitle: 'Dieser Link stimmt nicht.',
    tooManyTitle: 'Zu viele Fenster sind offen.', tooManyNote: 'Schließen Sie bitte andere Fenster mit diesem Link.',
  },
  en: {
    presence: 'Whether you can be reached', free: 'Available', busy: 'Back soon', away: 'Not here', guest: 'Guest',
    inCall: 'In a conversation',
    nameTitle: 'What is your name?', nameNote: 'This is how the room meets you. Your name is not stored anywhere.',
    nameLabel: 'Your name', go: 'Continue', today: 'Today', nothingToday: 'No appointment is planned here today.',
    appointment: 'Appointment {number}', running: 'Appointment {number}, now', knock: 'Knock', from: 'From {time}',
    trash: 'Nothing stays. In the end all is deleted, here and in the room.',
    readyFree: 'You can be reached.', readyBusy: 'You are back soon.', readyAway: 'You are not here.',
    readyGuest: 'Welcome.',
    readyFreeNote: 'When a room needs you, it rings here. Please leave this window open.',
    readyNotNote: 'Rooms cannot ring you now. You can knock for your appointments.',
    readyGuestNote: 'Knock when you are ready. The people in the room decide when you come in.',
    tryOut: 'Try camera and microphone', enough: 'Turn off again', onlyHere: 'Seen only here',
    rings: '{room} is calling', speaks: 'Language: {language}', ringsFor: 'rings for another {seconds} s',
    accept: 'Accept', acceptAndLeave: 'Switch there', later: 'In 10 min', decline: 'Cannot now',
    helpWanted: '{room} needs help', helpSince: 'Asked for at {time}',
    helpUnseen: 'Asked for unseen at {time}. Nobody in the room should notice.',
    helpAnswered: 'Somebody is on the way.', helpMine: 'The room knows: {name} is coming.',
    helpMineUnseen: 'You are on the way.',
    'help-coming': 'I am coming', 'help-done': 'Done',
    knocking: 'You are knocking.', waiting: 'You are waiting at the door: {room}.',
    waitingNote: 'Nobody sees or hears you until you are asked in.',
    parked: 'You are waiting outside: {room}.',
    parkedNote: 'The room is talking without you for a moment. Nobody sees or hears you.',
    admitted: 'You are in the conversation: {room}.', left: '{room} · {minutes} min left', over: '{room} · time is up',
    connecting: 'Connecting …', lost: 'The connection is gone. It is being set up again …',
    soundOnly: 'Sound only. Nobody sees a picture.', roomCameraOff: 'The camera in the room is off.',
    noPicture: 'No picture', paused: 'Short break in the room. It goes on in a moment.',
    cameraOn: 'Camera ON', cameraOff: 'Camera OFF', cameraHere: 'Camera ONLY HERE', cameraBad: 'Camera FAULT',
    microphoneOn: 'Microphone ON', microphoneOff: 'Microphone OFF', microphoneHere: 'Microphone ONLY HERE',
    microphoneBad: 'Microphone FAULT',
    turnMicrophoneOn: 'Turn microphone on', turnMicrophoneOff: 'Turn microphone off',
    turnCameraOn: 'Turn camera on', turnCameraOff: 'Turn camera off',
    share: 'Show screen', stopSharing: 'Stop showing', leave: 'Leave', cancel: 'Cancel',
    youShow: 'You are showing: {what}', shows: '{name} is showing a screen',
    showsDocument: '{name} is showing a document', screen: 'your whole screen',
    window: 'a window', tab: 'a tab', chosen: 'what you have chosen',
    seesAll: 'The room sees all that is on it.', seesOnly: 'The room sees only this.',
    'language-de-easy': 'Easy German',
    you: 'You', room: 'Room', talking: 'speaks', muted: 'muted',
    declinedTitle: 'Not today.', declinedNote: 'The room would like to go on without you today.',
    endedTitle: 'The conversation has ended.', endedNote: 'Camera and microphone are off. Nothing is stored here.',
    refusedTitle: 'The room is not ready yet.', refusedNote: 'Please knock again in a moment.',
    back: 'Back', again: 'Knock again',
    offline: 'No connection. It is being set up again …',
    answeredElsewhere: 'Somebody else took the call.', ringStopped: 'The room is no longer calling.',
    saidLater: 'The room knows: in 10 minutes.', saidNo: 'The room knows that you cannot.',
    noCamera: 'No camera found. You are heard only.', noDevices: 'Neither camera nor microphone found.',
    notShared: 'Nothing is shown.',
    closedTitle: 'This link is no longer good.', closedNote: 'The office that sent it can help you.',
    revokedTitle: 'This link was taken back.', wrongTitle: 'This link is not right.',
    tooManyTitle: 'Too many windows are open.', tooManyNote: 'Please close other windows with this link.',
  },
};

export const language = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in TEXTS) ?? 'de';

export function say(key, values = {}) {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** Words that came in several languages: ours, else German, else any. */
export function pick(words) {
  return words?.[language] ?? words?.de ?? Object.values(words ?? {})[0] ?? '';
}

export function time(date) {
  return date.toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

export function languageName(tag) {
  try {
    return TEXTS[language][`language-${tag}`] ?? new Intl.DisplayNames([language], { type: 'language' }).of(tag);
  } catch {
    return tag;
  }
}
