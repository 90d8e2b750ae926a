"""What a hostile job would try, tried in a sandbox.

    sandbox_range.py LAUNCHER MODE FOLDER     MODE: bwrap, landlock, landlock-only (without namespaces), or open (no
                                              sandbox at all)
    sandbox_range.py attack NAME              inside

Builds a range in FOLDER (a project, a home with keys, sockets, a victim process), runs each probe as a process of its own,
and prints for each a line: name, "denied" or "BREACH", and what was seen. A probe succeeds if it says so, or if its effect
is seen from outside. With `open` most must succeed: that shows that the probes can tell.
"""

import ctypes
import errno
import fcntl
import json
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PROBES = {}


def probe(cwd="project", policy=("--preset", "workspace"), effect=None):
    """Registers an attack. It returns a text if it succeeded, and raises an error if it was denied."""

    def register(function):
        PROBES[function.__name__.replace("_", "-")] = (function, cwd, policy, effect)
        return function

    return register


class Denied(Exception):
    pass


def check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def put(path, text="owned"):
    with open(path, "w") as file:
        file.write(text)
    return f"wrote {path}"


def take(path):
    with open(path) as file:
        return f"read {file.read(40)!r}"


def exists(*names):
    return lambda place: any(os.path.lexists(os.path.join(place["base"], name)) for name in names)


def changed(name, text):
    def look(place):
        path = os.path.join(place["base"], name)
        return not os.path.exists(path) or open(path).read() != text

    return look


# ---- Files outside


@probe(effect=changed("outside/file", "untouched"))
def write_outside(place):
    return put(place["base"] + "/outside/file")


@probe(effect=exists("outside/new"))
def create_outside(place):
    return put(place["base"] + "/outside/new")


@probe(effect=lambda place: not os.path.exists(place["base"] + "/outside/file"))
def delete_outside(place):
    os.unlink(place["base"] + "/outside/file")
    return "deleted"


@probe(effect=changed("outside/file", "untouched"))
def truncate_outside(place):
    os.truncate(place["base"] + "/outside/file", 0)
    return "cut off"


@probe(effect=changed("outside/file", "untouched"))
def hard_link_to_outside(place):
    os.link(place["base"] + "/outside/file", "src/hard")
    return put("src/hard")


@probe(effect=changed("outside/file", "untouched"))
def through_an_old_link(place):
    return put("src/link-out")


@probe(effect=changed("outside/file", "untouched"))
def swapped_link_a_thousand_times(place):
    target = place["base"] + "/outside/file"
    put("src/plain", "inside")
    stop = threading.Event()

    def swap():
        turn = 0
        while not stop.is_set():
            turn += 1
            os.symlink(target if turn % 2 else "plain", "src/next")
            os.rename("src/next", "src/swapped")

    thread = threading.Thread(target=swap)
    thread.start()
    refused = 0
    for _ in range(1000):
        try:
            put("src/swapped")
        except OSError:
            refused += 1
    stop.set()
    thread.join()
    if open(target).read() != "untouched":
        return "changed it by a swapped link"
    raise Denied(f"{refused} of 1000 writes refused, the others went inside")


@probe(cwd="area/repo", policy=("--write", ".."), effect=exists("area/repo/.git/hooks/post-commit"))
def folder_renamed_around_git(place):
    os.rename("../repo", "../gone")
    os.makedirs("../repo/.git/hooks")
    return put("../repo/.git/hooks/post-commit")


# ---- What other programs obey


@probe(effect=exists("project/.git/hooks/post-checkout"))
def git_hook(place):
    return put(".git/hooks/post-checkout")


@probe(effect=changed("project/.git/config", "[core]\n"))
def git_config(place):
    return put(".git/config")


@probe(effect=exists("project/.git/hooks/pre-push"))
def git_replaced(place):
    os.rename(".git", "old-git")
    os.makedirs(".git/hooks")
    return put(".git/hooks/pre-push")


@probe(cwd="worktree", effect=changed("worktree/.git", "gitdir: gd\n"))
def git_as_file(place):
    return put(".git", "gitdir: evil\n")


@probe(cwd="worktree", effect=exists("worktree/gd/hooks/post-checkout"))
def folder_behind_git_file(place):
    return put("gd/hooks/post-checkout")


@probe(cwd="bare", effect=exists("bare/.git/hooks"))
def git_absent(place):
    os.makedirs(".git/hooks")
    return put(".git/hooks/post-checkout")


@probe(cwd="bare", effect=exists("bare/.git/hooks"))
def git_absent_by_rename(place):
    os.makedirs("src/fresh/hooks")
    os.rename("src/fresh", ".git")
    return "renamed a folder to .git"


@probe(effect=exists("project/.agentscript/config.json"))
def state_present(place):
    return put(".agentscript/config.json")


@probe(effect=changed("project/.agentscript/registry.db", "rows"))
def state_registry(place):
    return put(".agentscript/registry.db")


@probe(cwd="bare", effect=exists("bare/.agentscript/config.json"))
def state_absent(place):
    os.mkdir(".agentscript")
    return put(".agentscript/config.json")


@probe(cwd="bare", effect=exists("bare/.agentscript/config.json"))
def state_absent_forced(place):
    for step in (lambda: os.chmod(".agentscript", 0o700), lambda: os.rmdir(".agentscript")):
        try:
            step()
        except OSError:
            pass
    os.makedirs(".agentscript", exist_ok=True)
    return put(".agentscript/config.json")


# ---- Secrets


@probe()
def ssh_key(place):
    return take(place["base"] + "/home/.ssh/id_rsa")


@probe()
def ssh_listing(place):
    names = os.listdir(place["base"] + "/home/.ssh")
    if not names:
        raise Denied("looks empty")
    return str(names)


@probe(effect=changed("home/.ssh/id_rsa", "SECRET"))
def ssh_key_replaced(place):
    return put(place["base"] + "/home/.ssh/id_rsa")


@probe()
def cloud_keys(place):
    for name in (".aws/credentials", ".kube/config", ".docker/config.json", ".config/gcloud/token", ".gnupg/key"):
        try:
            return take(f"{place['base']}/home/{name}")
        except OSError as error:
            last = error
    raise last


@probe()
def netrc(place):
    text = take(place["base"] + "/home/.netrc")
    if "SECRET" not in text:
        raise Denied("looks empty")
    return text


@probe()
def key_behind_a_link(place):
    return take(place["base"] + "/linked-keys/id_rsa")


@probe()
def token_file(place):
    return take(place["base"] + "/runtime/agentscript/token")


@probe()
def environment_of_others(place):
    text = open(f"/proc/{place['victim']}/environ").read()
    if "VICTIM_SECRET" not in text:
        raise Denied("another process")
    return "read it"


@probe(policy=("--read-nothing",))
def empty_list_of_reading(place):
    return take(place["base"] + "/project/src/plain")


@probe(policy=("--preset", "read-only"), effect=exists("project/made"))
def empty_list_of_writing(place):
    return put("made")


@probe(policy=("--read", "src"))
def narrowed_reading(place):
    return take(place["base"] + "/outside/file")


# ---- Network


def reply(connection):
    connection.settimeout(3)
    data = connection.recv(16)
    if data != b"HELLO":
        raise Denied(f"another peer: {data!r}")
    return "got an answer"


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(3)
        connection.connect(address)
        return reply(connection)


@probe()
def tcp(place):
    return connect(socket.AF_INET, ("127.0.0.1", place["tcp"]))


@probe()
def tcp6(place):
    return connect(socket.AF_INET6, ("::1", place["tcp6"]))


@probe()
def tcp_mapped(place):
    return connect(socket.AF_INET6, ("::ffff:127.0.0.1", place["tcp"]))


@probe(effect=lambda place: place["datagrams"]() > 0)
def udp(place):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", place["udp"]))
        sender.send(b"leak")
        sender.settimeout(3)
        sender.recv(16)
    return "got an answer"


@probe()
def icmp(place):
    packet = struct.pack("!BBHHH", 8, 0, 0xF7FF - 0x1, 0, 1)
    try:
        sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    except OSError:
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    with sender:
        sender.settimeout(3)
        sender.sendto(packet, ("127.0.0.1", 0))
        sender.recv(64)
    return "got an answer"


@probe()
def dns(place):
    return str(socket.getaddrinfo("example.com", 80))


@probe()
def packets(place):
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    return "has a packet socket"


@probe()
def virtual_machine_socket(place):
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()
    return "has a vsock"


@probe()
def abstract_socket(place):
    return connect(socket.AF_UNIX, "\0" + place["abstract"])


@probe()
def path_socket(place):
    return connect(socket.AF_UNIX, place["base"] + "/outside/stream.sock")


@probe(effect=lambda place: place["datagrams"]() > 0)
def path_socket_by_a_pair(place):
    mine, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    mine.connect(place["base"] + "/outside/datagram.sock")
    mine.send(b"leak")
    return "sent a datagram"


@probe()
def docker_socket(place):
    return connect(socket.AF_UNIX, place["docker"])


@probe(policy=("--preset", "workspace", "--net"))
def docker_socket_with_network(place):
    return connect(socket.AF_UNIX, place["docker"])


@probe()
def io_uring(place):
    check(LIBC.syscall(425, 4, ctypes.create_string_buffer(120)), "io_uring_setup")
    return "has a ring"


# ---- Processes


def is_victim(process):
    try:
        return b"VICTIM" in open(f"/proc/{process}/cmdline", "rb").read()
    except OSError:
        return True


@probe()
def ptrace(place):
    check(LIBC.ptrace(0x4206, place["victim"], None, None), "ptrace")
    if not is_victim(place["victim"]):
        raise Denied("another process")
    return "attached"


@probe()
def memory_of_others(place):
    with open(f"/proc/{place['victim']}/mem", "rb"):
        return "opened it"


@probe(effect=lambda place: place["victim_is_gone"]())
def signal_to_us(place):
    os.kill(place["victim"], signal.SIGKILL)
    time.sleep(0.2)
    return "sent it"


@probe(effect=lambda place: place["typed"]())
def typing_into_the_terminal(place):
    for letter in b"id\n":
        fcntl.ioctl(place["terminal"], 0x5412, bytes([letter]))
    return "typed"


@probe()
def new_privileges(place):
    status = open("/proc/self/status").read()
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    if lines["NoNewPrivs"].strip() != "1":
        return "new privileges can be had"
    if int(lines["CapEff"], 16) or int(lines["CapPrm"], 16):
        return "has capabilities"
    raise Denied("none")


@probe()
def descriptors(place):
    names = sorted(int(name) for name in os.listdir("/proc/self/fd"))
    links = [os.readlink(f"/proc/self/fd/{name}") for name in names if name > 2 and os.path.exists(f"/proc/self/fd/{name}")]
    links = [link for link in links if not link.endswith("/fd")]
    if links:
        return f"inherited {links}"
    raise Denied("none but the three")


@probe()
def keyring(place):
    check(LIBC.syscall({"x86_64": 250}.get(os.uname().machine, 219), 0, -3, 0), "keyctl")
    return "reached the session's keys"


# ---- The kernel


@probe()
def mount(place):
    folder = place["base"].encode() + b"/outside"
    check(LIBC.mount(b"none", folder, b"tmpfs", 0, None), "mount")
    check(LIBC.umount2(folder, 2), "umount")
    return "mounted"


@probe()
def unmount_what_protects(place):
    check(LIBC.umount2(b".git", 2), "umount")
    return put(".git/hooks/post-checkout")


@probe(effect=exists("project/.git/hooks/post-merge"))
def remount_in_a_user_namespace(place):
    check(LIBC.unshare(0x10000000 | 0x00020000), "unshare")
    git = os.path.abspath(".git").encode()
    LIBC.umount2(git, 2)
    LIBC.mount(None, git, None, 32 | 4096, None)
    return put(".git/hooks/post-merge")


@probe()
def block_device(place):
    device = next(name for name in sorted(os.listdir("/sys/class/block")) if not name.startswith(("loop", "ram", "zram")))
    number = os.makedev(*map(int, open(f"/sys/class/block/{device}/dev").read().split(":")))
    try:
        os.close(os.open("/dev/" + device, os.O_RDONLY))
        return "opened the disk"
    except OSError:
        os.mknod("src/disk", stat.S_IFBLK | 0o600, number)
        os.close(os.open("src/disk", os.O_RDONLY))
        return "made and opened the disk"


@probe(
    policy=("--preset", "workspace", "--variable", "LD_DEBUG=statistics", "--variable", "LD_DEBUG_OUTPUT=BASE/outside/dbg"),
    effect=lambda place: any(name.startswith("dbg") for name in os.listdir(place["base"] + "/outside")))
def loader_of_what_sets_it_up(place):
    raise Denied(f"the loader wrote nothing, though LD_DEBUG is {os.environ.get('LD_DEBUG')}")


@probe()
def kernel_setting(place):
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    return "opened it"


@probe()
def control_group(place):
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        path = os.path.join(folder, "agentscript-probe")
        try:
            os.mkdir(path)
            os.rmdir(path)
            return f"made {path}"
        except OSError as error:
            last = error
        if folder.count("/") > 4:
            names.clear()
    raise last


# ---- The range

# Those that this machine or user may not be able to do even without a sandbox.
UNSURE = {
    "loader-of-what-sets-it-up",    "dns", "icmp", "tcp6", "virtual-machine-socket", "typing-into-the-terminal", "io-uring", "keyring", "mount", "packets",
    "unmount-what-protects", "block-device", "kernel-setting", "control-group", "memory-of-others", "descriptors",
    "remount-in-a-user-namespace", "docker-socket", "docker-socket-with-network", "hard-link-to-outside", "ptrace",
    "environment-of-others",
}


class Range:
    def __init__(self, launcher, mode, base):
        self.launcher, self.mode, self.base = launcher, mode, base
        self.received = 0
        self.servers = []
        self.victim = None

    def clear(self):
        for name in os.listdir(self.base):
            path = os.path.join(self.base, name)
            if os.path.islink(path):
                os.unlink(path)
            else:
                shutil.rmtree(path)

    def files(self):
        self.clear()
        contents = {
            "outside/file": "untouched", "project/src/plain": "inside", "project/.git/config": "[core]\n",
            "project/.git/hooks/sample": "", "project/.agentscript/registry.db": "rows", "worktree/.git": "gitdir: gd\n",
            "worktree/gd/hooks/sample": "", "worktree/src/plain": "inside", "bare/src/plain": "inside",
            "area/repo/.git/hooks/sample": "", "area/repo/file": "", "real-keys/id_rsa": "SECRET",
            "runtime/agentscript/token": "SECRET", "home/.ssh/id_rsa": "SECRET", "home/.netrc": "SECRET",
            "home/.aws/credentials": "SECRET", "home/.kube/config": "SECRET", "home/.docker/config.json": "SECRET",
            "home/.config/gcloud/token": "SECRET",
        }
        for name, text in contents.items():
            path = os.path.join(self.base, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            put(path, text)
        os.symlink("../../outside/file", self.base + "/project/src/link-out")
        os.symlink(self.base + "/real-keys", self.base + "/home/.gnupg")
        os.symlink(self.base + "/real-keys", self.base + "/linked-keys")

    def serve(self, server, is_datagram=False):
        self.servers.append(server)

        def loop():
            while True:
                try:
                    if is_datagram:
                        _, sender = server.recvfrom(64)
                        self.received += 1
                        if sender:
                            server.sendto(b"HELLO", sender)
                    else:
                        connection, _ = server.accept()
                        connection.sendall(b"HELLO")
                        connection.close()
                except OSError:
                    return

        threading.Thread(target=loop, daemon=True).start()

    def listen(self, family, address):
        server = socket.socket(family, socket.SOCK_STREAM)
        server.bind(address)
        server.listen(16)
        self.serve(server)
        return server.getsockname()

    def sockets(self):
        place = {"tcp": self.listen(socket.AF_INET, ("127.0.0.1", 0))[1], "tcp6": 9}
        try:
            place["tcp6"] = self.listen(socket.AF_INET6, ("::1", 0))[1]
        except OSError:
            pass
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", 0))
        self.serve(datagrams, is_datagram=True)
        place["udp"] = datagrams.getsockname()[1]
        place["abstract"] = f"agentscript-range-{os.getpid()}"
        self.listen(socket.AF_UNIX, "\0" + place["abstract"])
        return place

    def path_sockets(self, place):
        # After the files, which are made anew for each probe.
        self.listen(socket.AF_UNIX, self.base + "/outside/stream.sock")
        datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        datagrams.bind(self.base + "/outside/datagram.sock")
        self.serve(datagrams, is_datagram=True)
        place["docker"] = "/run/docker.sock"
        if not os.path.exists(place["docker"]):
            place["docker"] = self.base + "/runtime/docker.sock"
            self.listen(socket.AF_UNIX, place["docker"])

    def new_victim(self):
        if self.victim is None or self.victim.poll() is not None:
            code = "import sys; print('up', flush=True); sys.stdin.read()"
            environment = dict(os.environ, VICTIM_SECRET="SECRET")
            self.victim = subprocess.Popen(
                [sys.executable, "-c", code, "VICTIM"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
            self.victim.stdout.readline()

    def run(self, name):
        _, cwd, policy, effect = PROBES[name]
        if self.mode != "bwrap" and "--variable" in policy:
            # Only bwrap is a program that sets a sandbox up; here the launcher would write.
            policy = policy[:policy.index("--variable")]
        self.files()
        place = dict(self.place)
        for server in self.servers[self.lasting:]:
            server.close()
        del self.servers[self.lasting:]
        self.path_sockets(place)
        self.new_victim()
        master, terminal = os.openpty()
        self.received = 0
        place.update(base=self.base, victim=self.victim.pid, terminal=0)
        words = [self.launcher]
        if self.mode == "open":
            words += ["open", "--"]
        else:
            words += [
                "launch", "--cwd", f"{self.base}/{cwd}", "--home", self.base + "/home",
                "--state", self.base + "/project/.agentscript", "--runtime", self.base + "/runtime", 
                *(word.replace("BASE", self.base) for word in policy),
                *(["--without-namespaces"] if self.mode == "landlock-only" else []),
                # The probes themselves, where reading is narrowed.
                *(["--read", os.path.realpath(__file__)] if policy[0].startswith("--read") else []), "--",
            ]
        words += [sys.executable, "-I", os.path.realpath(__file__), "attack", name, json.dumps(place)]
        environment = dict(os.environ, AGENTSCRIPT_SANDBOX=self.mode.removesuffix("-only"))
        try:
            done = subprocess.run(
                words, cwd=f"{self.base}/{cwd}", stdin=terminal, capture_output=True, timeout=60, env=environment)
            lines = done.stdout.decode(errors="replace").splitlines()
            said = next((line for line in lines if line.startswith(("SUCCEEDED", "DENIED"))), "")
            problem = done.stderr.decode(errors="replace").strip()
        except subprocess.TimeoutExpired:
            said, problem = "", "did not end"
        fcntl.fcntl(master, fcntl.F_SETFL, os.O_NONBLOCK)
        place["typed"] = lambda: self.readable(terminal)
        place["datagrams"] = lambda: self.received
        place["victim_is_gone"] = lambda: self.victim.poll() is not None
        seen = effect is not None and effect(place)
        os.close(master)
        os.close(terminal)
        if said.startswith("SUCCEEDED") or seen:
            return "BREACH", f"{said} {problem} {'(seen from outside)' if seen else ''}"
        if said.startswith("DENIED"):
            return "denied", said[7:]
        return "BROKEN", f"{said} {problem}"

    @staticmethod
    def readable(terminal):
        fcntl.fcntl(terminal, fcntl.F_SETFL, os.O_NONBLOCK)
        try:
            return len(os.read(terminal, 16)) > 0
        except OSError:
            return False

    def all(self):
        self.place = self.sockets()
        self.lasting = len(self.servers)
        for name in PROBES:
            verdict, detail = self.run(name)
            unsure = "unsure" if name in UNSURE else "sure"
            print(name, verdict, unsure, " ".join(detail.split())[:300], sep="\t", flush=True)
        self.victim.kill()
        self.clear()


def attack(name, place):
    try:
        print("SUCCEEDED", PROBES[name][0](place))
    except (OSError, Denied) as error:
        print("DENIED", error)


if __name__ == "__main__":
    if sys.argv[1] == "attack":
        attack(sys.argv[2], json.loads(sys.argv[3]))
    else:
        Range(*sys.argv[1:4]).all()
