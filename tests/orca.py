"""Orca, the screen reader, over Debian's Chromium: keys are pressed, and what is said is heard.

Everything runs on a display and a message bus of its own, in a folder that goes with it. No speech
synthesiser is there: Orca's own log has the words that one would be given.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

NEEDED = {
    "orca": "orca",
    "chromium": "chromium",
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "dbus-daemon": "dbus",
    "/usr/libexec/at-spi-bus-launcher": "at-spi2-core",
}
"""What has to be installed: the program, and its package in Debian."""
SAID = re.compile(r"SPEECH OUTPUT: '(?P<words>.*?)'(?: voice=\w+)?(?:\{.*\}|None|)$")
SETTINGS = """
import orca.debug, orca.settings
orca.debug.debugFile.reconfigure(line_buffering=True)
orca.settings.speechServerFactory = ""
orca.settings.speechFactoryModules = []
orca.settings.sayAllOnLoad = False
"""
"""The log is written as it comes. No synthesiser is looked for, and nothing waits for sound.

A page is read as a whole only where that is asked for: without a voice nobody stops it.
"""
CHROMIUM = (
    *("chromium", "--no-sandbox", "--test-type", "--force-renderer-accessibility"),
    *("--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,880"),
)
ENABLE = (
    *("dbus-send", "--session", "--dest=org.a11y.Bus", "--print-reply", "/org/a11y/bus"),
    "org.freedesktop.DBus.Properties.Set",
    *("string:org.a11y.Status", "string:ScreenReaderEnabled", "variant:boolean:true"),
)
"""Tells the bus of accessibility, and makes it start, before anything talks to it."""
PATIENCE = 6
"""So many seconds after a key its answer begins, on a busy machine, or there is none."""
DISPLAYS = range(70, 99)


def missing() -> list[str]:
    """The packages of Debian that are not installed."""
    return [package for program, package in NEEDED.items() if shutil.which(program) is None]


class Orca:
    """A running screen reader with a page before it."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.log, self.environment = home / "orca.log", environment
        self.before = 0
        """So much had been said before the last key."""

    def lines(self) -> list[str]:
        """Everything that was said until now."""
        if not self.log.exists():
            return []
        found = map(SAID.search, self.log.read_text(errors="replace").splitlines())
        return [x["words"].strip() for x in found if x]

    def settle(self, quiet: float, most: float = 60) -> None:
        """Wait until the reader has had nothing to do for some seconds."""
        began = last = time.monotonic()
        size = -1
        while time.monotonic() - began < most and time.monotonic() - last < quiet:
            now = self.log.stat().st_size if self.log.exists() else 0
            if now != size:
                size, last = now, time.monotonic()
            time.sleep(0.1)

    def press(self, *keys: str, quiet: float = 1.5, most: float = 60) -> list[str]:
        """Press keys one after the other; give what was said after them."""
        self.before = before = len(self.lines())
        for key in keys:
            self.run("xdotool", "key", "--clearmodifiers", key)
        began = time.monotonic()
        while len(self.lines()) == before and time.monotonic() - began < PATIENCE:
            time.sleep(0.1)
        self.settle(quiet, most)
        return self.lines()[before:]

    def type(self, text: str, quiet: float = 3) -> list[str]:
        """Type a text; give what was said meanwhile and after it."""
        self.before = before = len(self.lines())
        self.run("xdotool", "type", "--delay", "80", text)
        self.settle(quiet)
        return self.lines()[before:]

    def wait(self, words: str, most: float = 60) -> str:
        """Wait until something with these words has been said since the last key; give it."""
        began = time.monotonic()
        while time.monotonic() - began < most:
            found = [x for x in self.lines()[self.before :] if words in x]
            if found:
                return found[-1]
            time.sleep(0.2)
        raise AssertionError(f"nothing said {words!r}, but {self.lines()[self.before :]}")

    def read(self) -> list[str]:
        """Have everything read from here to the end of the page."""
        return self.press("KP_Add", quiet=4, most=400)

    def until(self, key: str, words: str, most: int = 60) -> list[str]:
        """Press a key again and again until something with these words is said."""
        for _ in range(most):
            said = self.press(key)
            if any(words in x for x in said):
                return said
        raise AssertionError(f"{most} times {key}, and nothing said {words!r}")

    def run(self, *command: str) -> None:
        """Run a small program on this display."""
        subprocess.run(command, env=self.environment, check=True, capture_output=True)


@contextmanager
def listening(address: str) -> Generator[Orca]:
    """Open a page in Chromium with Orca running; everything is ended afterwards."""
    with tempfile.TemporaryDirectory(prefix="orca-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        number = next(n for n in DISPLAYS if not Path(f"/tmp/.X11-unix/X{n}").exists())
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TMPDIR")}
        environment = {
            **kept,
            "DISPLAY": f":{number}",
            "HOME": name,
            "LC_ALL": "C.UTF-8",
            "XDG_RUNTIME_DIR": f"{name}/run",
            "XDG_CONFIG_HOME": f"{name}/config",
            "XDG_DATA_HOME": f"{name}/data",
            "XDG_CACHE_HOME": f"{name}/cache",
        }
        (home / "run").mkdir(mode=0o700)
        settings = home / "data" / "orca" / "orca-customizations.py"
        settings.parent.mkdir(parents=True)
        settings.write_text(SETTINGS)
        started: list[subprocess.Popen[bytes]] = []

        def start(*command: str) -> None:
            with (home / f"{Path(command[0]).name}.out").open("wb") as out:
                started.append(
                    subprocess.Popen(
                        command,
                        env=environment,
                        stdout=out,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                )

        try:
            start("Xvfb", f":{number}", "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-r")
            wait_for(lambda: Path(f"/tmp/.X11-unix/X{number}").exists())
            bus = f"unix:path={name}/bus"
            start("dbus-daemon", "--session", "--nofork", f"--address={bus}")
            wait_for((home / "bus").exists)
            environment["DBUS_SESSION_BUS_ADDRESS"] = bus
            start("openbox")
            start("/usr/libexec/at-spi-bus-launcher", "--launch-immediately")
            subprocess.run(ENABLE, env=environment, check=True, capture_output=True)
            start(*CHROMIUM, f"--user-data-dir={name}/chromium", f"--app={address}")
            wait_for(lambda: has_window(environment))
            time.sleep(3)  # it tells of itself on the bus only then
            start("orca", "--disable=braille", f"--debug-file={name}/orca.log")
            reader = Orca(home, environment)
            wait_for(lambda: len(reader.lines()) > 1)
            reader.settle(3)
            yield reader
        finally:
            for process in reversed(started):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
            for process in started:
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def has_window(environment: dict[str, str]) -> bool:
    """Whether a page with our name in its title is shown."""
    command = ("xdotool", "search", "--onlyvisible", "--name", "bonemets")
    found = subprocess.run(command, env=environment, check=False, capture_output=True)
    return bool(found.stdout.strip())


def wait_for(holds: Callable[[], bool], most: float = 60) -> None:
    """Wait until something holds."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > most:
            raise TimeoutError("nothing came")
        time.sleep(0.2)
