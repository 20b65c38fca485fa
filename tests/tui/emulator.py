#!/usr/bin/python3
"""The real program on a pseudo-terminal under an emulator (pyte), and in tmux as a second opinion, held cell for cell,
text and attributes, against the canvas that the screens draw for the same keys (tests/pictures/pictures.c).

Nothing is timed: after every key the terminal is read until it shows what the model shows, four minutes at most.
usage: emulator.py PROGRAM PICTURES FOLDER CLINIC   (FOLDER: for records; CLINIC: whose $LASERTWIN_LOGIN may log in)
"""
import ast
import atexit
import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata

import pyte
from wcwidth import wcwidth

PROGRAM, PICTURES, FOLDER, CLINIC = sys.argv[1:5]
LOGIN = os.environ["LASERTWIN_LOGIN"]
SECRET = open(os.environ["LASERTWIN_SECRET_FILE"]).readline().strip()
WAIT_S = 240
PRIVATE = 32  # pyte keeps private modes shifted by five bits
ALTERNATE, PASTE, CURSOR = 1049 * PRIVATE, 2004 * PRIVATE, 25 * PRIVATE
MOUSE = [n * PRIVATE for n in (9, 1000, 1002, 1003, 1005, 1006, 1015)]
SIZE = re.compile(r"\{(\d+)x(\d+)\}")


def fail(what):
    print("FAIL  emulator: " + what)
    sys.exit(1)


# --- the emulator -----------------------------------------------------------------------------------------------------


MARKS = "".join(chr(c) for c in range(0x300, 0x10000) if wcwidth(chr(c)) == 0 and not unicodedata.combining(chr(c)))


class Emulator(pyte.Screen):
    """What terminals do and pyte 0.8 leaves out: the alternate screen, REP, SU and SD, CBT, the bell's silence."""

    def __init__(self, cols, rows):
        self.primary = None
        self.last = " "
        super().__init__(cols, rows)

    def set_mode(self, *modes, **kw):
        if kw.get("private") and 1049 in modes and self.primary is None:
            self.primary = {y: dict(self.buffer[y]) for y in range(self.lines)}
            self.save_cursor()
            super().erase_in_display(2)
        super().set_mode(*modes, **kw)

    def reset_mode(self, *modes, **kw):
        super().reset_mode(*modes, **kw)
        if kw.get("private") and 1049 in modes and self.primary is not None:
            super().erase_in_display(2)
            for y, line in self.primary.items():
                self.buffer[y].update(line)
            self.primary = None
            self.restore_cursor()

    def draw(self, data):
        """pyte stops at marks of combining class 0, as most vowel signs of the scripts of India are."""
        for part in re.findall(r"[^%s]+|." % MARKS, data):
            if len(part) == 1 and wcwidth(part) == 0 and not unicodedata.combining(part):
                self.add_mark(part)
            else:
                self.last = part[-1]
                super().draw(part)

    def add_mark(self, mark):
        line, x = self.buffer[self.cursor.y], self.cursor.x - 1
        x -= line[x].data == ""  # behind the second half of a wide character
        line[x] = line[x]._replace(data=line[x].data + mark)

    def repeat(self, count=1):
        super().draw(self.last * (count or 1))

    def scroll_up(self, count=1):
        self.scrolled(self.margins.top if self.margins else 0, self.delete_lines, count)

    def scroll_down(self, count=1):
        self.scrolled(self.margins.top if self.margins else 0, self.insert_lines, count)

    def scrolled(self, top, how, count):
        y, x = self.cursor.y, self.cursor.x
        self.cursor.y = top
        how(count or 1)
        self.cursor.y, self.cursor.x = y, x

    def tab_back(self, count=1):
        for _ in range(count or 1):
            self.cursor.x = max([stop for stop in self.tabstops if stop < self.cursor.x] or [0])


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, b="repeat", S="scroll_up", T="scroll_down", Z="tab_back")
    events = pyte.ByteStream.events | {"repeat", "scroll_up", "scroll_down", "tab_back"}


def line_text(screen, y):
    return "".join(screen.buffer[y][x].data for x in range(screen.columns)).rstrip()


class Pty:
    """A command on a pseudo-terminal of its own; the emulator holds what it shows."""

    def __init__(self, command, cols, rows, env):
        self.screen = Emulator(cols, rows)
        self.stream = Stream(self.screen)
        self.pid, self.fd = os.forkpty()
        if self.pid == 0:
            for name in ("NO_COLOR", "LINES", "COLUMNS", "LASERTWIN_HOME"):
                os.environ.pop(name, None)
            os.environ.update(env)
            while struct.unpack("HHHH", fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))[:2] != (rows, cols):
                time.sleep(0.001)
            os.execvp(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def resize(self, cols, rows):
        self.screen.resize(rows, cols)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def feed(self, text):
        os.write(self.fd, text.encode())

    def look(self):
        """Takes in what has been written; at most a twentieth of a second."""
        if select.select([self.fd], [], [], 0.05)[0]:
            try:
                self.stream.feed(os.read(self.fd, 65536))
            except OSError:  # the other end is gone
                time.sleep(0.05)
        return self.screen

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Tmux:
    """The same in a window of tmux; its capture, attributes and all, is read by the emulator."""

    def __init__(self, command, cols, rows, env):
        self.size = (cols, rows)
        self.socket = os.path.join(os.path.dirname(FOLDER), "tmux-emulator-%d" % len(os.listdir(FOLDER)))
        atexit.register(self.close)  # also when something fails
        clean = ["env", "-u", "NO_COLOR", "-u", "LINES", "-u", "COLUMNS", "-u", "LASERTWIN_HOME"]
        clean += ["%s=%s" % pair for pair in env.items() if pair[0] != "TERM"]
        self.run("-f", "/dev/null", "new-session", "-d", "-x", str(cols), "-y", str(rows), *clean, *command)
        self.run("set-option", "-g", "default-terminal", "tmux-256color")

    def run(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], check=True, stdout=subprocess.PIPE).stdout

    def resize(self, cols, rows):
        self.size = (cols, rows)
        self.run("resize-window", "-x", str(cols), "-y", str(rows))

    def feed(self, text):
        self.run("send-keys", "-l", text)

    def look(self):
        time.sleep(0.02)
        screen = Emulator(*self.size)
        lines = self.run("capture-pane", "-p", "-e", "-N").decode().split("\n")[: self.size[1]]
        Stream(screen).feed("\033[0m\r\n".join(lines).encode())
        return screen

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], stderr=subprocess.DEVNULL)


# --- the model --------------------------------------------------------------------------------------------------------

LETTERS = ".dshfakvoxtpqrbg"  # enum role, in order; capital (# for .) where selected (canvas_dump_roles)
# What each role looks like: colour of 256, colour of 8, bold; without colour: bold, underlined, reversed (ui/term.c).
LOOKS = {
    ".": (None, None, 0, 0, 0, 0), "d": ("8a8a8a", None, 0, 0, 0, 0), "s": (None, None, 1, 1, 0, 0),
    "h": ("5fafd7", "cyan", 1, 1, 0, 0), "f": ("585858", "blue", 0, 0, 0, 0), "a": (None, None, 1, 1, 0, 0),
    "k": ("5fafd7", "cyan", 1, 1, 0, 0), "v": ("af87ff", "magenta", 1, 1, 1, 0), "o": ("5fafd7", "cyan", 1, 1, 0, 0),
    "x": ("d7af00", "brown", 1, 1, 0, 0), "t": ("d75f5f", "red", 1, 1, 0, 1), "p": ("ffaf5f", "brown", 1, 1, 0, 0),
    "q": ("5fafd7", "cyan", 1, 0, 0, 0), "r": ("af87ff", "magenta", 1, 0, 0, 0), "b": ("af875f", "brown", 0, 0, 0, 0),
    "g": ("767676", None, 0, 0, 0, 0),
}
COLOURS_256, COLOURS_8, COLOURS_NONE = range(3)


def expected_look(letter, colours):
    selected = letter == "#" or letter.isupper()
    look = LOOKS["." if letter == "#" else letter.lower()]
    if colours == COLOURS_NONE:
        return ("default", bool(look[3]), bool(look[4]), bool(look[5]) != selected)
    return (look[colours] or "default", bool(look[2]), False, selected)


def shown_look(cell):
    return (cell.fg, cell.bold, cell.underscore, cell.reverse)


class Frame:
    def __init__(self, text):
        lines, roles = text.split("--roles--\n")
        self.lines = [unicodedata.normalize("NFC", line) for line in lines.split("\n")[:-1]]
        self.roles = roles.split("\n")[:-1]

    def differs(self, screen, colours):
        """None, or the first place where the screen is not this; a blank shows nothing but its ground."""
        if (screen.lines, screen.columns) != (len(self.roles), len(self.roles[0])):
            return "size %d x %d" % (screen.columns, screen.lines)
        for y, line in enumerate(self.lines):
            shown = unicodedata.normalize("NFC", line_text(screen, y))
            if shown != line.rstrip():
                return "line %d is\n      | %s\n   not| %s" % (y + 1, shown, line)
        for y, roles in enumerate(self.roles):
            for x, letter in enumerate(roles):
                cell = screen.buffer[y][x]
                wanted, found = expected_look(letter, colours), shown_look(cell)
                if not cell.data.strip():  # or half of a wide character
                    wanted, found = wanted[3:], found[3:]
                if wanted != found and cell.data != "":
                    return "line %d column %d '%s' looks %s, not %s (%s)" % (y + 1, x + 1, cell.data, found, wanted, letter)
        return None


def model(keys, options):
    out = subprocess.run([PICTURES, "--each", *options, keys], check=True, stdout=subprocess.PIPE).stdout.decode()
    return [Frame(part) for part in out.split("--end--\n")[:-1]]


def steps(keys):
    """Single keys and changes of size."""
    return [part for part in re.split(r"(\{\d+x\d+\}|.)", keys) if part]


# --- scenes -----------------------------------------------------------------------------------------------------------


def wait(terminal, differs, what):
    """Reads the terminal until differs(screen) is None."""
    until = time.monotonic() + WAIT_S
    while True:
        screen = terminal.look()
        why = differs(screen)
        if why is None:
            return
        if time.monotonic() > until:
            for y in range(screen.lines):
                print("      | " + line_text(screen, y))
            fail(what + ": " + why)


def has(text):
    return lambda screen: None if any(text in line_text(screen, y) for y in range(screen.lines)) else "no '%s'" % text


def command_of(program):
    """Something stands on the screen before, and the end is said after."""
    return ["sh", "-c", 'echo before-the-planner; "$@"; echo ended-with-$?; exec sleep 600', "sh", *program]


def walk(terminal, keys, frames, colours, what):
    wait(terminal, lambda s: frames[0].differs(s, colours), what + ", at the start")
    for i, step in enumerate(steps(keys)):
        size = SIZE.fullmatch(step)
        if size:
            terminal.resize(int(size.group(1)), int(size.group(2)))
        else:
            terminal.feed({"~": "\r", "`": "\033"}.get(step, step))
        wait(terminal, lambda s: frames[i + 1].differs(s, colours), "%s, after key %d (%s)" % (what, i + 1, step))


def as_before(screen, what, alternate):
    """Nothing of the planner is left in the terminal."""
    left = [mode // PRIVATE for mode in [ALTERNATE, PASTE, *MOUSE, 1 * PRIVATE] if mode in screen.mode]
    if left:
        fail("%s: modes %s are still set at the end" % (what, left))
    if screen.cursor.hidden or CURSOR not in screen.mode:
        fail(what + ": the cursor stays hidden")
    if alternate and has("before-the-planner")(screen) is not None:
        fail(what + ": what stood on the screen before has not come back")
    if shown_look(screen.cursor.attrs) != ("default", False, False, False):
        fail("%s: attributes stay: %s" % (what, shown_look(screen.cursor.attrs)))


def end(terminal, what, alternate):
    """Leaves; then everything is as it was before, what stood on the screen too where there is a second one."""
    for key in "Qy":
        terminal.feed(key)
        wait(terminal, has("Leave lasertwin?" if key == "Q" else "ended-with-0"), what + ", leaving")
    if isinstance(terminal, Pty):
        as_before(terminal.screen, what, alternate)
    terminal.close()


# Worklist and its search, patient, an entry, twin, device, settings turned, fit, alternatives, map, goals, histogram,
# prediction, checks, help, palette, plans, course, the station and back; another size in the midst of a dialog, of a
# plot, of the map.
SCENES = "/03~~3i45lfaq{100x30}eqoqbq67?q:fit`{120x40}89{60x20}.q{80x24}2~{90x26}`1"
SECOND = "~3i45l{100x30}67?q:fit`9{60x20}q{80x24}2~`"
SHORT = "~5l{100x30}7?"
WITHOUT_ALTERNATE = ("linux", "vt100")


def scene(cls, term, colours, keys, size=(80, 24), options=(), env=None, pictures=()):
    """A demo clinic and keys; one screen after each."""
    what = "%s, %s" % (cls.__name__.lower(), " ".join([term, *options]))
    home = os.path.join(FOLDER, "home-%d" % len(os.listdir(FOLDER)))
    frames = model(keys, ["--size", "%dx%d" % size, *pictures])
    environment = dict(env or {}, TERM=term, LC_ALL="C.UTF-8")
    terminal = cls(command_of([PROGRAM, "demo", "--home", home, *options]), *size, environment)
    walk(terminal, keys, frames, colours, what)
    if cls is Pty:
        heard = any(mode in terminal.screen.mode for mode in MOUSE)
        if heard != ("off" not in options and term != "vt100"):  # whose description knows no mouse
            fail(what + ": the mouse is %s" % ("heard" if heard else "not heard"))
    end(terminal, what, term not in WITHOUT_ALTERNATE)
    return len(frames)


def names():
    """Those of tests/ui/test_names.c: 22 scripts, and those made to do harm as far as they are UTF-8."""
    text = open("tests/ui/test_names.c", encoding="utf-8").read()
    found = re.findall(r'\{"[A-Z][a-z]+", +"([^"]+)"\}', text)
    harm = text[text.index("hostile[] = {") : text.index("enum { NAMES")]
    for literals in re.findall(r'\{"[^"]+",\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}', harm):
        raw = b"".join(ast.literal_eval("b" + literal) for literal in re.findall(r'"(?:[^"\\]|\\.)*"', literals))
        try:
            found.append(raw.decode())
        except UnicodeDecodeError:
            pass
    if len(found) < 34:
        fail("only %d names were found in test_names.c" % len(found))
    return found


def named(cls, term, frames=None):
    """Names in every script on a clinic's worklist, some of them opened, in a window cut narrow."""
    keys = "jj~q" + "j" * 8 + "~q{60x20}{120x40}"
    size = (80, 50)
    if frames is None:
        case = json.load(open("tests/validation/cases/S1.json", encoding="utf-8"))
        options = ["--size", "%dx%d" % size, "--home", CLINIC, LOGIN, SECRET]
        for i, name in enumerate(names()):
            path = os.path.join(FOLDER, "case-%02d.json" % i)
            case["title"], case["id"] = name, "N%02d" % i
            json.dump(case, open(path, "w", encoding="utf-8"))
            options += ["--add", path]
        frames = model(keys, options)
    what = "%s, %s, names" % (cls.__name__.lower(), term)
    terminal = cls(command_of([PROGRAM, "--home", CLINIC]), *size, {"TERM": term, "LC_ALL": "C.UTF-8"})
    walk(terminal, keys, frames, COLOURS_256, what)
    end(terminal, what, True)
    return frames


def stopped():
    """SIGTERM in the midst of a screen gives the terminal back as leaving does."""
    what = "pty, SIGTERM"
    home = os.path.join(FOLDER, "home-stopped")
    told = os.path.join(FOLDER, "child")
    tells = ["sh", "-c", 'echo $$ >"$0"; exec "$@"', told, PROGRAM, "demo", "--home", home]
    terminal = Pty(command_of(tells), 80, 24, {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
    wait(terminal, has("VIRTUAL 03"), what)
    os.kill(int(open(told).read()), signal.SIGTERM)
    wait(terminal, has("ended-with-143"), what)
    as_before(terminal.screen, what, True)
    terminal.close()


def main():
    count = 0
    count += scene(Pty, "xterm-256color", COLOURS_256, SCENES)
    count += scene(Tmux, "tmux-256color", COLOURS_256, SECOND)
    count += scene(Pty, "linux", COLOURS_8, SHORT, pictures=["--blocks"])
    count += scene(Pty, "screen-256color", COLOURS_NONE, SHORT, env={"NO_COLOR": "1"}, options=["--mouse", "off"])
    count += scene(Pty, "vt100", COLOURS_NONE, SHORT, options=["--ascii"], pictures=["--ascii"])
    frames = named(Pty, "tmux-256color")
    named(Tmux, "tmux-256color", frames)
    stopped()
    print("%d screens and %d names, the same in the canvas, pyte and tmux" % (count, len(names())))


main()
