# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in pods for recordings: scenes for make. A scene gets a PodStage and gives (label's entity, from, to) of what is wrong, or several of
these, with the rules that must find it where they are not the scene's; or nothing where all is well. What rules across nodes find begins with ACROSS."""
import concurrent.futures
import subprocess
import time

from cluster import NAMESPACE, certificate

ACROSS = object()
LOOK = 11  # seconds, after which an agent has looked at all volumes once more
SHORT_OF_MEMORY = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 97516Ki. "
OWN_LIMIT = "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. "


def restarts(stage):
    """A container whose program fails is started four times."""
    pod = stage.pod()
    stage.run(pod, "fails")
    begins = time.time()
    for _ in range(3):
        stage.new_container(pod)
        stage.run(pod, "fails")
    return pod.entity, begins, time.time()


def rollout(stage):
    """Pods of the image before answer well, one of the new image with errors."""
    stage.run(stage.pod(), "answers")
    pod = stage.pod(image="registry.example/shop/web:2", template="5c6b7d8f9d")
    begins = time.time()
    stage.run(pod, "answers-badly")
    return pod.entity, begins, time.time()


def config_change(stage):
    """A ConfigMap changes, and the program that reads it aborts twice."""
    pod = stage.pod()
    stage.cluster.volume(pod, "configmap", "config", {"web.yaml": b"workers: 4\n"})
    stage.run(pod, "answers")
    time.sleep(LOOK)
    begins = time.time()
    stage.cluster.volume(pod, "configmap", "config", {"web.yaml": b"workers: many\n"})
    time.sleep(LOOK)
    stage.run(pod, "aborts")
    return pod.entity, begins, time.time()


def config_missing(stage):
    """A program does not find its configuration, and fails to start."""
    pod = stage.pod()
    begins = time.time()
    stage.run(pod, "no-config")
    return pod.entity, begins, time.time()


def certificate_ends(stage):
    pod = stage.pod()
    begins = time.time()
    stage.cluster.volume(pod, "secret", "tls", {"tls.crt": certificate(2)})
    stage.run(pod, "answers")
    time.sleep(LOOK)
    return pod.entity, begins, time.time()


def certificate_ended(stage):
    """A Secret has a certificate that has ended, and clients of who serves it say so."""
    pod = stage.pod()
    begins = time.time()
    stage.cluster.volume(pod, "secret", "tls", {"tls.crt": certificate(-1)})
    time.sleep(LOOK)
    stage.run(pod, "ended")
    time.sleep(LOOK)
    return pod.entity, begins, time.time()


def evicted(stage):
    pod = stage.pod()
    stage.run(pod, "answers")
    begins = time.time()
    stage.evict(pod, SHORT_OF_MEMORY)
    time.sleep(LOOK)
    return stage.cluster.node, begins, time.time()


def shell(stage):
    pod = stage.pod()
    begins = time.time()
    stage.run(pod, "setuid-shell")
    return pod.entity, begins, time.time()


def export(stage):
    pod = stage.pod()
    ran = stage.run_with_own_network(pod, "export")
    time.sleep(LOOK)
    return pod.entity, ran["from"], ran["to"]


def neighbours(stage):
    """One with a large share of the CPUs wants all of them, and three that have little wait."""
    greedy, *others = [stage.pod(workload=name, image=f"registry.example/shop/{name}:1") for name in ("batch", "web", "cart", "mail")]
    begins, ends = stage.run_all((greedy, "greedy", 8192), *((pod, "modest", 64) for pod in others))
    time.sleep(LOOK)
    return [(stage.cluster.node, begins, ends), *((pod.entity, begins, ends, ["cpu-pressure"]) for pod in (greedy, *others))]


def slow_writes(stage):
    pod = stage.pod()
    ran = stage.run(pod, "slow-writes")
    time.sleep(LOOK)
    return pod.entity, ran["from"], ran["to"]


def thrashing(stage):
    pod = stage.pod()
    ran = stage.run_within(pod, "thrashing", memory=64 << 20)
    time.sleep(LOOK)
    return pod.entity, ran["from"], ran["to"]


def slow_chain(stage, back="chain-back", of_itself=(), front="chain-front"):
    """A client asks a service, which asks another; after two minutes that one takes 0.3 s. All in one network, each at an address of its own."""
    with subprocess.Popen(["unshare", "-n", "sleep", "infinity"]) as holder:
        time.sleep(1)
        network = ("nsenter", "-t", str(holder.pid), "-n")
        for command in ("ip link set lo up", *(f"ip addr add 10.9.0.{host}/32 dev lo" for host in (7, 8, 9))):
            subprocess.run([*network, *command.split()], check=True)
        pods = [stage.pod(workload=name, image=f"registry.example/shop/{name}:1") for name in ("stock", "cart", "web")]
        try:
            with concurrent.futures.ThreadPoolExecutor(3) as threads:
                ran = list(threads.map(lambda pod, workload: stage.run(pod, workload, network=network), pods, (back, front, "chain-client")))
        finally:
            holder.kill()
    times = ran[0]["from"], ran[0]["to"]
    across = (ACROSS, f"{NAMESPACE}/stock", *times, ["latency-propagation"])
    return [across, (pods[0].entity, *times, list(of_itself))] if of_itself else across


def starved_chain(stage):
    """The same; that one's limit of CPU time is lowered."""
    return slow_chain(stage, "chain-starved", ["cpu-pressure"])


def slow_alone(stage):
    """A service becomes slow, and the one that calls it does not: it keeps nobody waiting for that."""
    slow_chain(stage, front="chain-aside")


def well(stage):
    """Two restarts, a new image that answers, a changed configuration, a certificate of three months, and a pod that passed a limit of its own."""
    pod = stage.pod()
    stage.cluster.volume(pod, "configmap", "config", {"web.yaml": b"workers: 4\n"})
    stage.cluster.volume(pod, "secret", "tls", {"tls.crt": certificate(90)})
    stage.run(pod, "fails")
    for _ in range(2):
        stage.new_container(pod)
        stage.run(pod, "fails")
    stage.run(pod, "answers")
    stage.cluster.volume(pod, "configmap", "config", {"web.yaml": b"workers: 8\n"})
    time.sleep(LOOK)
    new = stage.pod(image="registry.example/shop/web:2", template="5c6b7d8f9d")
    stage.run(new, "answers")
    other = stage.pod(workload="batch", image="registry.example/shop/batch:1")
    stage.run(other, "answers")
    stage.evict(other, OWN_LIMIT)
    time.sleep(LOOK)
