# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens on several nodes for recordings, or to their agents: scenes for make. A scene gets Nodes and gives a list of Found: what is wrong, and which
rules must find it; or nothing where all is well.

The agents are real, and so is the server; but all run in one kernel, and each sees all of it. Of each node is kept what the cgroups of that node did. Their
networks are name spaces with a pair of interfaces between each two."""
import concurrent.futures
import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import time

from cluster import BOOKMARK

LOST = 40  # seconds without a heartbeat, after which a node is lost
NOTICED = 60  # seconds later, when Kubernetes must have missed a kubelet that went with the agent
COUNTED = 11  # after which agents have told their counters once more


@dataclasses.dataclass
class Found:
    entity: str
    begins: float
    ends: float
    expected: list
    also: list = dataclasses.field(default_factory=list)
    node: str = None  # None: of rules across nodes


class Networks:
    """One per node, with a wire to each other; addresses 10.9.0.1, .2 ..."""

    def __init__(self, nodes):
        self.holders = {node: subprocess.Popen(["unshare", "-n", "sleep", "infinity"]) for node in nodes}
        self.addresses = {node: f"10.9.0.{number + 1}" for number, node in enumerate(nodes)}
        time.sleep(1)  # until they are in it
        for node in nodes:
            self.run(node, "ip", "link", "set", "lo", "up")
        for number, one in enumerate(nodes):
            for other in nodes[number + 1:]:
                self.run(one, "ip", "link", "add", self.port(other), "address", self.mac(one), "type", "veth", "peer", "name", self.port(one),
                         "address", self.mac(other), "netns", str(self.holders[other].pid))
                for here, there in ((one, other), (other, one)):
                    self.run(here, "ip", "addr", "add", self.addresses[here], "peer", self.addresses[there], "dev", self.port(there))
                    self.run(here, "ip", "link", "set", self.port(there), "up")
                    self.neighbour(here, there, self.mac(there))

    def enter(self, node):
        return ("nsenter", "-t", str(self.holders[node].pid), "-n")

    def run(self, node, *command):
        subprocess.run([*self.enter(node), *command], check=True)

    @staticmethod
    def port(node):
        return f"to-{node}"

    @staticmethod
    def mac(node):
        return f"02:00:00:00:00:{ord(node[-1]):02x}"

    def neighbour(self, here, there, mac):
        self.run(here, "ip", "neigh", "replace", self.addresses[there], "lladdr", mac, "dev", self.port(there), "nud", "permanent")

    def cut(self, lone, *others):
        """What one side sends to the other is addressed to nobody, and goes nowhere."""
        for other in others:
            for here, there in ((lone, other), (other, lone)):
                self.neighbour(here, there, "02:00:00:00:ff:ff")

    def heal(self, lone, *others):
        for other in others:
            for here, there in ((lone, other), (other, lone)):
                self.neighbour(here, there, self.mac(there))

    def shut(self, lone):
        """Whatever comes in is dropped: nothing is answered, and no answer arrives."""
        self.run(lone, "ip", "xfrm", "policy", "add", "src", "0.0.0.0/0", "dst", "0.0.0.0/0", "dir", "in", "action", "block")

    def open(self, lone):
        self.run(lone, "ip", "xfrm", "policy", "flush")

    def end(self):
        for holder in self.holders.values():
            holder.kill()
            holder.wait()


class Nodes:
    """Of one scene. `stage` has the agents; run_in() of make runs a workload in a cgroup."""

    def __init__(self, stage, run_in, cgroup_of):
        self.stage, self.run_in, self.cgroup_of = stage, run_in, cgroup_of
        self.names = list(stage.agents)
        self.folder = stage.folder
        self.cluster, self.cluster_nodes = stage.cluster, stage.cluster_nodes

    def run(self, node, workload, *arguments, network=()):
        ran = self.run_in(self.cgroup_of(node), workload, network, arguments)
        if ran is None:
            raise RuntimeError(f"{workload} does not run")
        return ran

    def run_all(self, workload, networks=None, arguments=lambda node: ()):
        """On each node at once."""
        with concurrent.futures.ThreadPoolExecutor(len(self.names)) as threads:
            list(threads.map(lambda node: self.run(node, workload, *arguments(node), network=networks.enter(node) if networks else ()), self.names))

    def signal(self, node, number):
        self.stage.agents[node].send_signal(number)
        if number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM):
            self.stage.agents[node].wait()

    def start(self, node):
        self.stage.begin_agent(node)


@contextlib.contextmanager
def neighbours(nodes, seconds):
    """Each node asks each other twice a second for so long."""
    networks = Networks(nodes.names)
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        running = thread.submit(nodes.run_all, "neighbour", networks, lambda node: (
            str(seconds), networks.addresses[node], *(networks.addresses[other] for other in nodes.names if other != node)))
        try:
            yield networks
            running.result()
        finally:
            networks.end()


def interrupted(nodes, cut, heal):
    """For a quarter of a minute, after 20 s in which all is well."""
    with neighbours(nodes, 50) as networks:
        time.sleep(20)
        begins = time.time()
        cut(networks)
        time.sleep(15)
        ends = time.time()
        heal(networks)
    return [Found("the cluster", begins, ends, ["network-partition"])]


def parted(nodes):
    """One of three nodes and the others do not reach each other."""
    lone, *others = reversed(nodes.names)
    return interrupted(nodes, lambda networks: networks.cut(lone, *others), lambda networks: networks.heal(lone, *others))


def shut(nodes):
    """One of three nodes drops all that comes in."""
    lone = nodes.names[-1]
    return interrupted(nodes, lambda networks: networks.shut(lone), lambda networks: networks.open(lone))


def hiccup(nodes):
    """For a second what is sent between them gets lost, and is sent again."""
    lone, *others = reversed(nodes.names)
    with neighbours(nodes, 40) as networks:
        for _ in range(3):
            time.sleep(8)
            networks.cut(lone, *others)
            time.sleep(1)
            networks.heal(lone, *others)


def kill_last(nodes, then):
    """A node's agent is gone from one moment to the next, and does not come back; after it was missed, something else."""
    nodes.run_all("answers")
    begins = time.time()
    nodes.signal(nodes.names[-1], signal.SIGKILL)
    nodes.run(nodes.names[0], "answers")
    time.sleep(LOST + 5)
    then(nodes.names[-1])
    return [Found(nodes.names[-1], begins, time.time(), ["node-lost"])]


def lost(nodes):
    """And nothing else."""
    return kill_last(nodes, lambda node: None)


def tell(nodes, node, ready, reason, message):
    """What Kubernetes has to say of the node from now on; a second passes."""
    nodes.cluster_nodes[node].say(ready, reason, message)
    nodes.cluster.tell("MODIFIED", nodes.cluster_nodes[node])


def notready(nodes):
    """Kubernetes does not hear of its kubelet any more either."""
    def miss(node):
        tell(nodes, node, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
        time.sleep(5)
    return kill_last(nodes, miss)


def alive(nodes):
    """Kubernetes hears of the kubelet all the while."""
    return kill_last(nodes, lambda node: time.sleep(NOTICED + BOOKMARK + 5))


def serviced(nodes):
    """Of one node the kubelet is away for a while, and another node is taken out of the cluster after its agent was ended."""
    nodes.run_all("answers")
    tell(nodes, nodes.names[0], "False", "KubeletNotReady", "container runtime is down")
    nodes.signal(nodes.names[-1], signal.SIGTERM)
    time.sleep(5)
    nodes.cluster.tell("DELETED", nodes.cluster_nodes[nodes.names[-1]])
    nodes.run(nodes.names[0], "answers")
    time.sleep(LOST + 10)
    tell(nodes, nodes.names[0], "True", "KubeletReady", "kubelet is posting ready status")


def frozen(nodes):
    """A node's agent stands still: its connection stays, and nothing comes."""
    nodes.run_all("answers")
    begins = time.time()
    nodes.signal(nodes.names[-1], signal.SIGSTOP)
    time.sleep(LOST + 10)
    ends = time.time()
    nodes.signal(nodes.names[-1], signal.SIGCONT)
    time.sleep(5)
    return [Found(nodes.names[-1], begins, ends, ["node-lost"])]


def brought_back(nodes, number, seconds):
    """A node's agent is ended by that signal, and started again so much later."""
    nodes.run_all("answers")
    begins = time.time()
    nodes.signal(nodes.names[-1], number)
    time.sleep(seconds)
    nodes.start(nodes.names[-1])
    nodes.run(nodes.names[-1], "answers")
    return [Found(nodes.names[-1], begins, time.time(), ["agent-cut-off"])]


def restarted(nodes):
    """It is killed, and started again three seconds later."""
    return brought_back(nodes, signal.SIGKILL, 3)


def crashed(nodes):
    """It ends by a fault of its own, and is started again a second later."""
    return brought_back(nodes, signal.SIGSEGV, 1)


def updated(nodes):
    """Each agent is ended and started again, one after the other, as for a new version; and one is switched off for good."""
    for node in nodes.names:
        nodes.signal(node, signal.SIGTERM)
        time.sleep(2)
        nodes.start(node)
        nodes.run(node, "answers")
    nodes.signal(nodes.names[-1], signal.SIGTERM)
    time.sleep(LOST + 10)


def shed(nodes):
    """More happens than the agent may look at: it leaves events out."""
    node = nodes.names[0]
    nodes.run(node, "answers")
    ran = nodes.run(node, "storm", "90")
    time.sleep(COUNTED)
    return [Found(node, ran["from"], ran["to"], ["event-loss"], node=node), Found(node, ran["from"], ran["to"], ["stream-loss"])]


def busy(nodes):
    """The same where the agent may look at it: what is beyond a cgroup's rate is left out as asked for, and told."""
    nodes.run(nodes.names[0], "storm", "90")
    time.sleep(COUNTED)


def overrun(nodes):
    """An agent gets no CPU for ten seconds while programs are started, and the kernel's ring for it is full before."""
    node = nodes.names[0]
    nodes.run(node, "answers")
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        running = thread.submit(nodes.run, node, "storm", "45")
        time.sleep(15)
        begins = time.time()
        nodes.signal(node, signal.SIGSTOP)
        time.sleep(10)
        nodes.signal(node, signal.SIGCONT)
        running.result()
    time.sleep(COUNTED)
    return [Found(node, begins, time.time(), ["stream-loss"])]


class SshServer:
    """sshd on 127.0.0.1:22, whose log rsyslogd writes into the folder that the agent reads. None of both runs here otherwise."""

    def __init__(self, folder, logs):
        self.folder = folder
        pathlib_log = logs / "auth.log"
        pathlib_log.touch()
        for name in ("host", "good", "bad"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        (folder / "keys").write_text((folder / "good.pub").read_text())
        (folder / "wrong").write_text("#!/bin/sh\necho wrong\n")
        (folder / "wrong").chmod(0o755)
        (folder / "syslog.conf").write_text(f'module(load="imuxsock")\nauth,authpriv.* {pathlib_log}\n')
        (folder / "sshd.conf").write_text(f"ListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/keys\nPidFile none\nUsePAM yes\n"
                                          "PermitRootLogin yes\nStrictModes no\nMaxStartups 100\n")
        os.makedirs("/run/sshd", exist_ok=True)
        self.programs = [subprocess.Popen([shutil.which("rsyslogd"), "-n", "-i", folder / "syslog.pid", "-f", folder / "syslog.conf"])]
        time.sleep(1)
        self.programs.append(subprocess.Popen([shutil.which("sshd"), "-D", "-f", folder / "sshd.conf"]))
        time.sleep(1)

    def log_in(self, user, *options):
        subprocess.run(["ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", *options, f"{user}@127.0.0.1", "true"],
                       env={"PATH": os.environ["PATH"], "SSH_ASKPASS": str(self.folder / "wrong"), "SSH_ASKPASS_REQUIRE": "force"}, check=False,
                       capture_output=True)

    def try_password(self, user):
        self.log_in(user, "-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1")

    def log_in_by_key(self):
        self.log_in("root", "-i", str(self.folder / "good"))

    def close(self):
        for program in reversed(self.programs):
            program.terminate()
            program.wait()


def logins(nodes):
    """Somebody tries passwords: twelve of one account, and one each of ten others."""
    with contextlib.closing(SshServer(nodes.folder, nodes.stage.logs)) as server:
        begins = time.time()
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            list(threads.map(server.try_password, ["root"] * 12 + [f"user{number}" for number in range(10)]))
        ends = time.time()
        time.sleep(COUNTED)
    node = nodes.names[0]
    return [Found("root", begins, ends, ["brute-force-account"], node=node), Found("127.0.0.1", begins, ends, ["brute-force-address"], node=node)]


def forgotten(nodes):
    """Somebody types a wrong password three times, and then it is right."""
    with contextlib.closing(SshServer(nodes.folder, nodes.stage.logs)) as server:
        for _ in range(3):
            server.try_password("root")
        server.log_in_by_key()
        time.sleep(COUNTED)
