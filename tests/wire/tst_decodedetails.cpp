// SPDX-License-Identifier: GPL-3.0-or-later
// Hostile details of events: texts and lists beyond the limits of their fields.
#include <QtTest>

#include "tests/wire/hostile.h"

using namespace tapio;
using namespace tapio::wire;
using namespace tapio::wire::hostile;

namespace {

/// Three times what a field may have is the most that replacement characters make of it.
std::vector<Hostile> detailRows()
{
    const auto text = [](std::size_t limit) { return std::string(3 * limit + 1, 'x'); };
    return {
        {"a name longer than DNS has", detailOf([&](auto to) { to.initDns().setName(text(255)); }), Errc::Malformed, "exceeds name"},
        {"a method longer than the agent sends", detailOf([&](auto to) { to.initHttp().setMethod(text(16)); }), Errc::Malformed,
         "exceeds method"},
        {"a target longer than the agent sends", detailOf([&](auto to) { to.initHttp().setTarget(text(200)); }), Errc::Malformed,
         "exceeds target"},
        {"a route longer than the agent sends", detailOf([&](auto to) { to.initHttp().setRoute(text(200)); }), Errc::Malformed,
         "exceeds route"},
        {"a host longer than the agent sends", detailOf([&](auto to) { to.initHttp().setHost(text(100)); }), Errc::Malformed,
         "exceeds host"},
        {"a path longer than the agent sends", detailOf([&](auto to) { to.initFileFailure().setPath(text(255)); }), Errc::Malformed,
         "exceeds path"},
        {"a way to privileges longer than the agent sends", detailOf([&](auto to) { to.initPrivilegeGain().setHow(text(16)); }),
         Errc::Malformed, "exceeds how"},
        {"a traced task name longer than the kernel has", detailOf([&](auto to) { to.initPtraceAttach().setTargetComm(text(15)); }),
         Errc::Malformed, "commBytes"},
        {"a module name longer than the kernel has", detailOf([&](auto to) { to.initModuleLoad().setName(text(64)); }), Errc::Malformed,
         "exceeds name"},
        {"a file system longer than the agent sends", detailOf([&](auto to) { to.initMount().setFsType(text(32)); }), Errc::Malformed,
         "exceeds fsType"},
        {"a user longer than the agent sends", detailOf([&](auto to) { to.initLogin().setUser(text(64)); }), Errc::Malformed,
         "exceeds user"},
        {"a line of the kernel longer than the agent sends", detailOf([&](auto to) { to.initKernelLog().setText(text(1000)); }),
         Errc::Malformed, "exceeds text"},
        {"a notice longer than the agent sends", detailOf([&](auto to) { to.initAgentNotice().setText(text(400)); }), Errc::Malformed,
         "exceeds text"},
        {"a drill's target longer than the agent sends", detailOf([&](auto to) { to.initDrillLabel().setTarget(text(200)); }),
         Errc::Malformed, "exceeds target"},
        {"an eviction's words longer than the agent sends", detailOf([&](auto to) { to.initKubernetesFact().setMessage(text(400)); }),
         Errc::Malformed, "exceeds message"},
        {"a volume longer than Kubernetes has", detailOf([&](auto to) { to.initKubernetesFact().setVolume(text(63)); }), Errc::Malformed,
         "exceeds volume"},
        {"a subject longer than the agent sends", detailOf([&](auto to) { to.initKubernetesFact().setSubject(text(100)); }),
         Errc::Malformed, "exceeds subject"},
        {"a node's name longer than Kubernetes has", detailOf([&](auto to) { to.initKubernetesFact().setNode(text(253)); }),
         Errc::Malformed, "exceeds node"},
        {"a reason longer than a server tells", detailOf([&](auto to) { to.initKubernetesFact().setReason(text(64)); }), Errc::Malformed,
         "exceeds reason"},
        {"a signature longer than the agent sends", detailOf([](auto to) { to.initDrillLabel().initSignature(129); }), Errc::Malformed,
         "exceeds signature"},
    };
}

/// An insight whose list `fill` gets with so many lines of so many bytes.
template <typename Init> Bytes insightOf(Init init, unsigned lines, std::size_t bytes)
{
    return detailOf([&](auto to) {
        auto list = init(to.initInsight(), lines);
        for (unsigned i = 0; bytes != 0 && i < lines; ++i)
            list.set(i, std::string(bytes, 'x'));
    });
}

std::vector<Hostile> insightRows()
{
    const auto text = [](std::size_t limit) { return std::string(3 * limit + 1, 'x'); };
    const auto evidence = [](auto to, unsigned lines) { return to.initEvidence(lines); };
    const auto contradicting = [](auto to, unsigned lines) { return to.initContradicting(lines); };
    const auto affected = [](auto to, unsigned lines) { return to.initAffected(lines); };
    const auto owners = [](auto to, unsigned lines) { return to.initOwners(lines); };
    return {
        {"a rule longer than the agent sends", detailOf([&](auto to) { to.initInsight().setRule(text(48)); }), Errc::Malformed,
         "exceeds rule"},
        {"a root longer than the agent sends", detailOf([&](auto to) { to.initInsight().setRoot(text(300)); }), Errc::Malformed,
         "exceeds root"},
        {"an insight's text longer than the agent sends", detailOf([&](auto to) { to.initInsight().setText(text(400)); }), Errc::Malformed,
         "exceeds text"},
        {"a probe longer than the agent sends", detailOf([&](auto to) { to.initInsight().setSettle(text(400)); }), Errc::Malformed,
         "exceeds settle"},
        {"a runbook step longer than the agent sends", detailOf([&](auto to) { to.initInsight().setRunbook(text(64)); }), Errc::Malformed,
         "exceeds runbook"},
        {"more evidence than the agent sends", insightOf(evidence, 25, 0), Errc::Malformed, "list of 25 exceeds evidence"},
        {"as much evidence as a message holds", insightOf(evidence, 60'000, 0), Errc::Malformed, "list of 60000 exceeds evidence"},
        {"evidence longer than the agent sends", insightOf(evidence, 24, 1201), Errc::Malformed, "exceeds evidence"},
        {"more that contradicts than the agent sends", insightOf(contradicting, 9, 0), Errc::Malformed, "exceeds contradicting"},
        {"a contradicting line longer than the agent sends", insightOf(contradicting, 8, 1201), Errc::Malformed, "exceeds contradicting"},
        {"more that is affected than the agent sends", insightOf(affected, 17, 0), Errc::Malformed, "exceeds affected"},
        {"an affected name longer than the agent sends", insightOf(affected, 16, 901), Errc::Malformed, "exceeds affected"},
        {"more owners than the agent sends", insightOf(owners, 17, 0), Errc::Malformed, "exceeds owners"},
        {"an owner longer than the agent sends", insightOf(owners, 16, 901), Errc::Malformed, "exceeds owners"},
    };
}

} // namespace

class TestDecodeDetails : public QObject {
    Q_OBJECT
private slots:
    void refuses_data() { addRows({detailRows(), insightRows()}); }
    void refuses() { refuse(); }

    void insightLists_atTheirLimitsAreRead()
    {
        QVERIFY(decode(insightOf([](auto to, unsigned lines) { return to.initEvidence(lines); }, 24, 1200)));
        QVERIFY(decode(insightOf([](auto to, unsigned lines) { return to.initContradicting(lines); }, 8, 1200)));
        QVERIFY(decode(insightOf([](auto to, unsigned lines) { return to.initAffected(lines); }, 16, 900)));
        QVERIFY(decode(insightOf([](auto to, unsigned lines) { return to.initOwners(lines); }, 16, 900)));
    }
};

QTEST_APPLESS_MAIN(TestDecodeDetails)
#include "tst_decodedetails.moc"
