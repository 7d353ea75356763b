"""`provision release`: from a checkout to signed, published and rolled out, with as many people as it takes."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kiosk.contract import topics
from kiosk.contract.errors import ConfigurationError
from kiosk.contract.mqtt import Alert
from provisioning import plan
from provisioning.central import configuration
from provisioning.central.messages import connected
from provisioning.commands.area import Area, Config, DryRun
from provisioning.outcome import Done
from provisioning.release import ceremony, fleet, keys, platform, publication, rings, trouble
from provisioning.release.offer import Rollout
from provisioning.release.repository import Repository

area = Area("New versions for terminals: build, sign, publish, roll out.")

PASSPHRASE = "RUNDTISCH_KEY_PASSPHRASE_FILE"
"""Names a file: what stands in an environment can be read in the list of processes."""
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of releases.")]


@area.task(examples=("provision release key anna",))
def key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is, for messages.")],
    directory: Annotated[Path, typer.Option(metavar="DIR", help="Where to.")] = Path("."),
    plain: Annotated[
        bool, typer.Option("--plain", help="Without a passphrase: for a key that lies in a safe.")
    ] = False,
) -> Done:
    """Make a person's key: NAME.key, which never leaves that person, and NAME.pub for `new` and `keys`.

    The passphrase is asked for, or stands in the file that $RUNDTISCH_KEY_PASSPHRASE_FILE names.
    """
    passphrase = b"" if plain else _passphrase(f"passphrase for {name}", is_new=True)
    path = keys.create(directory, name, passphrase)
    return Done((f"{path} is secret; give {path.with_suffix(keys.PUBLIC)} to who keeps the folder of releases",))


@area.task(
    examples=(
        "provision release new releases --root anna.pub --root ben.pub --root carla.pub"
        " --release anna.pub --release ben.pub",
    )
)
def new(
    directory: Folder,
    root: Annotated[list[Path], typer.Option(metavar="NAME.pub", help="Says whose signatures count; once a person.")],
    release: Annotated[list[Path], typer.Option(metavar="NAME.pub", help="Signs releases; once a person.")],
    root_threshold: Annotated[int, typer.Option(min=1, help="So many of the former together.")] = 2,
    release_threshold: Annotated[int, typer.Option(min=1, help="So many of the latter together.")] = 2,
) -> Done:
    """Begin a folder of releases. What stands in its `public/` any web server can serve.

    Keys that work unattended (timestamp, snapshot, rollout) are made in `online/`; nobody can release with them.
    """
    thresholds = {"root": root_threshold, "release": release_threshold}
    roots, releasers = ([keys.load_public(path) for path in paths] for paths in (root, release))
    repository = ceremony.create(directory, roots, releasers, thresholds, _now())
    return Done((f"made {directory}", *_missing(repository)))


@area.task("keys", examples=("provision release keys releases --role release --remove ben --add dora.pub",))
def change_keys(
    directory: Folder,
    role: Annotated[str, typer.Option(help="root, release or online.")] = "release",
    add: Annotated[list[Path] | None, typer.Option(metavar="NAME.pub")] = None,
    remove: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Lost, stolen, or its owner left.")] = None,
    threshold: Annotated[int | None, typer.Option(min=1)] = None,
) -> Done:
    """Let keys come and go; both the old and the new root keys have to sign that. Without options: who may sign.

    `--role online` makes new ones for what works unattended: whoever had the folder has nothing any more.
    """
    repository = _repository(directory)
    if role == "online":
        ceremony.replace_online(repository, _now())
    elif role not in ceremony.PEOPLE:
        raise ConfigurationError(f"--role is one of {', '.join(ceremony.PEOPLE)}, online, not {role!r}")
    elif add or remove or threshold:
        public = [keys.load_public(path) for path in add or ()]
        thresholds = {role: threshold} if threshold else {}
        ceremony.change(repository, role, add=public, remove=remove or (), thresholds=thresholds, now=_now())
    root = repository.next(ceremony.ROOT)
    lines = [
        f"{word}: {root.signed.roles[name].threshold} of "
        + ", ".join(sorted(keys.name_of(one) for one in ceremony.keys_of(root.signed, name)))
        for word, name in ceremony.PEOPLE.items()
        if root
    ]
    return Done((*lines, *_missing(repository)))


@area.task(examples=("provision release build --into releases", "provision release build --platform aarch64-cp313"))
def build(
    checkout: Annotated[Path, typer.Option(metavar="DIR", help="Of this repository; what is committed counts.")] = Path(
        "."
    ),
    target: Annotated[Path, typer.Option("--target", metavar="DIR", help="Where the bundles go.")] = Path("dist"),
    machine: Annotated[
        list[str] | None, typer.Option("--platform", help="Such as aarch64-cp311; default: this machine's.")
    ] = None,
    serial: Annotated[int | None, typer.Option(min=1, help="Default: the commit's time.")] = None,
    days: Annotated[int, typer.Option(min=1, help="How long it may be installed.")] = 365,
    into: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of releases that it is added to.")
    ] = None,
    dry_run: DryRun = False,
) -> Done:
    """Build a bundle a platform, and the list of its parts (SBOM, CycloneDX) beside it.

    The same commit makes the same bytes: who signs can build it anew and compare.
    """
    from provisioning.release import build as building  # needs what only a checkout has

    platforms = tuple(platform.named(name) for name in machine or ()) or (platform.own(),)
    if dry_run:
        return Done(tuple(f"would build {checkout} for {one.name} into {target}" for one in platforms))
    built = building.build(checkout, target, platforms, serial=serial, days=days)
    lines = [f"{one.bundle}: {one.bundle.stat().st_size / 1e6:.0f} MB; its parts: {one.parts.name}" for one in built]
    if into:
        repository = _repository(into)
        publication.add(repository, tuple(one.bundle for one in built), _now())
        lines += _missing(repository)
    return Done(tuple(lines), facts={"bundles": [one.bundle for one in built], "serial": built[0].manifest.serial})


@area.task(examples=("provision release add releases dist/rundtisch-0.4.0-202611301200-aarch64-cp311.tar",))
def add(directory: Folder, file: Annotated[list[Path], typer.Argument(metavar="BUNDLE.tar")]) -> Done:
    """Add bundles that were built elsewhere; they wait for signatures."""
    repository = _repository(directory)
    added = publication.add(repository, tuple(file), _now())
    lines = [f"{one.version}, serial {one.serial}, {one.platform}" for one in added]
    return Done((*lines, *_missing(repository)))


@area.task(examples=("provision release sign releases anna.key",))
def sign(directory: Folder, key: Annotated[Path, typer.Argument(metavar="NAME.key")]) -> Done:
    """Sign what waits. For a key on another machine: copy the folder there and `staged/` back.

    The passphrase is asked for, or stands in the file that $RUNDTISCH_KEY_PASSPHRASE_FILE names.
    """
    repository = _repository(directory)
    passphrase = _passphrase(f"passphrase of {key}", is_new=False) if keys.is_locked(key) else b""
    signed = ceremony.sign_all(repository, keys.load(key, passphrase))
    lines = [f"{ceremony.PEOPLE_BACK[role]} is signed" for role in signed]
    return Done((*lines, *_missing(repository)))


@area.task(examples=("provision release publish releases",))
def publish(
    directory: Folder,
    renew: Annotated[bool, typer.Option("--renew", help="Leave alone what waits for signatures.")] = False,
    dry_run: DryRun = False,
) -> Done:
    """Publish what has signatures enough, and renew what would expire.

    Without that terminals stop believing the server after seven days, and say so: `kiosk-releases.timer` renews every
    day, whatever waits.
    """
    repository = _repository(directory)
    if dry_run:
        return Done(_missing(repository) or ("nothing waits; would renew the timestamp",))
    if renew:
        publication.renew(repository, _now())
        return Done(("renewed", *_missing(repository)))
    return Done(publication.publish(repository, _now()))


@area.task(examples=("provision release rollout releases 202611301200 10", "provision release rollout releases --halt"))
def rollout(
    directory: Folder,
    serial: Annotated[int, typer.Argument(metavar="SERIAL")] = 0,
    percent: Annotated[int | None, typer.Argument(metavar="PERCENT", min=0, max=100, show_default=False)] = None,
    halt: Annotated[bool, typer.Option("--halt", help="Nobody begins any more; who has it keeps it.")] = False,
) -> Done:
    """Let so many percent of all terminals take a release: 1, 10, 50, 100; each ring has those before it in it.

    Without SERIAL: how it stands.
    """
    repository = _repository(directory)
    if halt:
        publication.halt(repository, _now())
    elif serial:
        if percent is None:
            raise typer.BadParameter(f"{serial} to how many percent of all terminals? 1, 10, 50 or 100")
        publication.roll_out(repository, Rollout(serial=serial, percent=percent), _now())
    now = publication.rollout_of(repository)
    facts = {"serial": now.serial, "percent": now.percent, "is_halted": now.is_halted, "why": now.why}
    return Done((_standing(now, directory),), facts=facts)


@area.task(examples=("provision release watch /var/lib/rundtisch-releases",))
def watch(
    directory: Folder,
    terminals: Annotated[int, typer.Option(min=1, help="So many have to fail, or all of a smaller ring.")] = 2,
    share: Annotated[int, typer.Option(min=0, max=100, metavar="PERCENT", help="Of those that have tried it.")] = 5,
    config: Config = None,
    dry_run: DryRun = False,
) -> Done:
    """Halt the rollout when terminals take the release back or cannot install it. `kiosk-rollout.timer` does this.

    What it saw stands in `rollout DIR` and is an alert on MQTT (central/alert/rollout). Only people go on, with
    `rollout DIR SERIAL PERCENT`; then the terminals that failed until now do not count any more.
    """
    repository, limits = _repository(directory), trouble.Limits(terminals=terminals, share_pct=share)
    with connected(configuration.load(config), dry_run) as broker:
        states, refused = fleet.states_of(broker)
        now, course, is_new = trouble.halt_if_bad(repository, states, limits, _now(), is_dry=dry_run)
        alert = broker.read(topics.ROLLOUT_ALERT, Alert)
        text = f"release {now.serial}, at {now.percent} %: {now.why}" if now.is_halted and now.why else ""
        if text and (alert is None or alert.text != text):
            broker.publish(topics.ROLLOUT_ALERT, Alert(severity="warning", text=text, since=_now()))
        elif alert is not None and not text:
            broker.clear(topics.ROLLOUT_ALERT)
    seen = f"{course.done} of {course.ring} terminals in its ring run it, {len(course.failed)} could not keep it"
    facts = {"ring": course.ring, "done": course.done, "failed": course.failed, "was_halted": is_new}
    return Done((_standing(now, directory), seen), refused, facts=facts, is_faulty=is_new)


@area.task(examples=("provision release status",))
def status(config: Config = None) -> Done:
    """What every terminal runs, by its ring, and what became of its last update; as they told the broker."""
    return fleet.status(configuration.load(config))


@area.task(examples=("provision release ring rathaus.zimmer-2",))
def ring(terminal: Annotated[list[str], typer.Argument(metavar="SITE.ROOM")]) -> Done:
    """In which ring a terminal is: always the same."""
    return Done(tuple(f"{name}: {rings.ring_of(name)} % ({rings.place(name):.2f})" for name in terminal))


def _standing(now: Rollout, directory: Path) -> str:
    """How a rollout stands."""
    if not now.serial:
        return "nothing is rolled out"
    word = "halted at" if now.is_halted else "rolled out to"
    line = f"release {now.serial}: {word} {now.percent} % of all terminals"
    if now.is_halted and now.why:
        on = f"provision release rollout {directory} {now.serial} {now.percent}"
        line += f", by itself: {now.why}. See provision release status; to go on all the same: {on}"
    return line


def _repository(directory: Path) -> Repository:
    repository = Repository(directory)
    repository.check()
    return repository


def _missing(repository: Repository) -> tuple[str, ...]:
    """What waits for whom."""
    return tuple(
        f"{one.role} {one.version}: needs {one.missing} more of {', '.join(one.may_sign)}"
        if one.missing
        else f"{one.role} {one.version}: signed by {', '.join(one.signed_by)}; ready for `publish`"
        for one in ceremony.pending(repository)
    )


def _passphrase(words: str, *, is_new: bool) -> bytes:
    if file := os.environ.get(PASSPHRASE):
        return plan.secret(Path(file)).encode()
    return str(typer.prompt(words, hide_input=True, confirmation_prompt=is_new, err=True)).encode()


def _now() -> datetime:
    return datetime.now(UTC)
