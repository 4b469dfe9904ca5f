// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/agent/fakekube.h"

namespace tapio::test {

QByteArray FakePod::json() const
{
    QByteArray notes = R"("kubectl.kubernetes.io/last-applied-configuration":"{\"a\":[1,2,{}]}")";
    if (!annotations.isEmpty())
        notes += ',' + annotations;
    QByteArray labels = R"("app":"web")";
    if (!hash.isEmpty())
        labels += ",\"pod-template-hash\":\"" + hash + '"';
    const QByteArray status =
        R"([{"containerID":"containerd://)" + containerId + R"(","image":"docker.io/library/resolved:1","imageID":")" + imageId
        + R"(","lastState":{"terminated":{"containerID":"containerd://)" + QByteArray(64, 'e')
        + R"(","exitCode":1}},"name":"app","ready":true,"restartCount":1,"started":true,"state":{"running":{"startedAt":"2026-03-01T12:00:06Z"}}}])";
    return R"({"metadata":{"name":")" + name + R"(","generateName":"web-","namespace":")" + space + R"(","uid":")" + uid
           + R"(","resourceVersion":")" + version + R"(","creationTimestamp":")" + created + R"(","labels":{)" + labels
           + R"(},"annotations":{)" + notes + R"(},"ownerReferences":[)" + owner
           + R"(],"managedFields":[{"manager":"kubelet","fieldsV1":{"f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{},"f:type":{}}}}}}]},)"
           + R"("spec":{"nodeName":")" + node + R"(","containers":[{"name":"app","image":")" + image
           + R"(","resources":{"limits":{"cpu":"500m"}},"env":[{"name":"image","value":"not this"}]},{"name":"side","image":"side:2"}],"terminationGracePeriodSeconds":30},)"
           + R"("status":{)" + phase + R"(,"qosClass":"Burstable","containerStatuses":)" + status
           + R"(,"conditions":[{"type":"Ready","status":"True"}]}})";
}

namespace {

template <typename Object>
QByteArray list(const QByteArray &kind, const QList<Object> &objects, const QByteArray &version, const QByteArray &continueToken)
{
    QByteArray items;
    for (const Object &object : objects)
        items += (items.isEmpty() ? "" : ",") + object.json();
    return R"({"kind":")" + kind + R"(","apiVersion":"v1","metadata":{"resourceVersion":")" + version + R"(","continue":")" + continueToken
           + R"("},"items":[)" + items + "]}";
}

QByteArray line(const QByteArray &type, const QByteArray &object) { return R"({"type":")" + type + R"(","object":)" + object + "}\n"; }

} // namespace

QByteArray podList(const QList<FakePod> &pods, const QByteArray &version, const QByteArray &continueToken)
{
    return list("PodList", pods, version, continueToken);
}

QByteArray watchLine(const QByteArray &type, const FakePod &pod) { return line(type, pod.json()); }

QByteArray FakeNode::json() const
{
    const auto condition = [this](const QByteArray &type, const QByteArray &status, const QByteArray &why, const QByteArray &words) {
        return R"({"type":")" + type + R"(","status":")" + status + R"(","lastHeartbeatTime":"2026-03-02T00:00:00Z","lastTransitionTime":")"
               + since + R"(","reason":")" + why + R"(","message":")" + words + R"("})";
    };
    return R"({"metadata":{"name":")" + name + R"(","uid":"11111111-5b4a-4321-8765-0123456789ab","resourceVersion":")" + version
           + R"(","labels":{"kubernetes.io/hostname":"other"},"managedFields":[{"manager":"kubelet","fieldsV1":{"f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{}}}}}}]},)"
           + R"("spec":{"podCIDR":"10.0.1.0/24","taints":[{"key":"x","effect":"NoSchedule"}]},"status":{"capacity":{"cpu":"4"},"conditions":[)"
           + condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available") + ','
           + (ready.isEmpty() ? QByteArray() : condition("Ready", ready, reason, message) + ',')
           + condition("NetworkUnavailable", "False", "RouteCreated", "other words")
           + R"(],"addresses":[{"type":"InternalIP","address":"10.0.0.1"}],"nodeInfo":{"kubeletVersion":"v1.31.2"},"images":[{"names":["a:1"],"sizeBytes":1}]}})";
}

QByteArray nodeList(const QList<FakeNode> &nodes, const QByteArray &version, const QByteArray &continueToken)
{
    return list("NodeList", nodes, version, continueToken);
}

QByteArray nodeLine(const QByteArray &type, const FakeNode &node) { return line(type, node.json()); }

QByteArray bookmark(const QByteArray &version)
{
    return R"({"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":")" + version
           + R"(","creationTimestamp":null},"spec":{"containers":null},"status":{}}})"
             "\n";
}

QByteArray statusJson(int code, const QByteArray &message)
{
    return R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")" + message + R"(","reason":"X","code":)"
           + QByteArray::number(code) + "}\n";
}

} // namespace tapio::test
