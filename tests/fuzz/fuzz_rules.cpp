// SPDX-License-Identifier: GPL-3.0-or-later
// Rules of anybody, and the shipped ones with events in random order, of random times and owners. The first byte chooses.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/correlation/engine.h"
#include "agent/correlation/ruleloader.h"
#include "protocol/wire/detailfields.h"
#include "protocol/wire/evidence.h"

using namespace tapio;
using namespace tapio::correlation;

namespace {

/// Stops the fuzzer when a promise of a header is broken.
void promise(bool kept)
{
    if (!kept)
        std::abort();
}

struct Sink final : FindingSink {
    void onFinding(Finding &&finding) override
    {
        const wire::Insight &insight = finding.insight;
        promise(!insight.evidence.empty() && insight.evidenceCount >= 1 && insight.id != 0); // none without evidence
        promise(insight.score >= 1 && insight.score <= 99);
        promise(insight.fromNs <= insight.toNs && insight.evidence.size() <= wire::Insight::mostEvidence);
        std::int64_t last = 0;
        for (const std::string &line : insight.evidence) {
            const auto evidence = wire::parseEvidence(line);
            promise(evidence && evidence->timeNs >= last); // in order of time
            last = evidence->timeNs;
        }
    }
};

/// Numbers from the input, 0 when it is at its end.
struct Bytes {
    std::string_view left;
    std::uint8_t next()
    {
        if (left.empty())
            return 0;
        const auto byte = static_cast<std::uint8_t>(left.front());
        left.remove_prefix(1);
        return byte;
    }
};

wire::Origin origin(std::uint8_t byte)
{
    wire::Origin origin;
    const std::string name(1, static_cast<char>('a' + byte % 4));
    if ((byte & 0x10) == 0) {
        origin.podUid = "u" + name;
        origin.podName = name;
        origin.namespaceName = "n";
        origin.workloadName = "w";
        origin.image = "i" + std::to_string(byte % 3);
        origin.containerName = "c";
    }
    if ((byte & 0x20) == 0)
        origin.containerId = name + std::to_string(byte >> 6);
    origin.cgroupPath = (byte & 0x40) != 0 ? "/" : "/x/" + name;
    return origin;
}

wire::Event event(Bytes &bytes, std::int64_t &now)
{
    wire::Event event;
    const auto types = wire::knownEventTypes();
    event.type = types[bytes.next() % types.size()];
    now += static_cast<std::int64_t>(bytes.next()) * 100'000'000 - 3'000'000'000;
    event.timeNs = now < 1 ? 1 : now;
    const std::uint8_t what = bytes.next();
    if (event.type == wire::EventType::TcpConnection) {
        wire::TcpConnection tcp;
        tcp.direction = wire::TcpDirection::Outbound;
        tcp.outcome = static_cast<wire::TcpOutcome>(what % 9);
        tcp.retransmits = what;
        tcp.remote.port = what % 3;
        event.detail = tcp;
    } else if (event.type == wire::EventType::ProcessExit) {
        wire::ProcessExit exit;
        exit.signal = what % 16;
        event.detail = exit;
    } else if (event.type == wire::EventType::Login) {
        wire::Login login;
        login.user = std::string(1, static_cast<char>(what));
        login.repeats = what;
        event.detail = login;
    } else if (event.type == wire::EventType::FileFailure) {
        wire::FileFailure file;
        file.error = what;
        event.detail = file;
    } else if (event.type == wire::EventType::OomKill) {
        event.detail = wire::OomKill();
    }
    return event;
}

void play(std::string_view text)
{
    static const RuleSetPtr rules = std::make_shared<const RuleSet>(shippedRules().rules);
    Sink sink;
    EngineLimits limits;
    limits.candidates = 64;
    limits.candidatesOfRule = 16;
    limits.identities = 8;
    Engine engine(rules, limits, sink);
    Bytes bytes{text};
    std::int64_t now = 1'000'000'000'000, furthest = 0;
    std::uint64_t seq = 0;
    while (!bytes.left.empty()) {
        const std::uint8_t does = bytes.next();
        const wire::Origin who = origin(bytes.next());
        if (does % 16 == 0) {
            furthest = now > furthest ? now : furthest;
            engine.advance(furthest);
        } else if (does % 16 == 1) {
            engine.onAmendment(who, origin(bytes.next()), "n1");
        } else {
            engine.onEvent(event(bytes, now), who, {does % 2 == 0 ? "n1" : "n2", 7, ++seq, does * 1'000'000});
        }
        promise(engine.candidates() <= limits.candidates + 1);
    }
    engine.setRules(std::make_shared<const RuleSet>(), now);
    promise(engine.candidates() == 0);
}

void read(std::string_view text)
{
    const auto rule = parseRule(text, "r.toml");
    if (!rule) {
        promise(!rule.error().empty());
        for (const RuleProblem &problem : rule.error())
            promise(problem.file == "r.toml" && !problem.reason.empty());
        return;
    }
    promise(!rule->steps.empty() && rule->steps.size() <= mostSteps && rule->horizonNs > 0);
    Sink sink;
    Engine engine(std::make_shared<const RuleSet>(RuleSet{*rule}), {}, sink);
    std::int64_t now = 1'000'000'000'000;
    Bytes bytes{text};
    for (int i = 0; i < 64 && !bytes.left.empty(); ++i)
        engine.onEvent(event(bytes, now), origin(bytes.next()), {"n1", 7, 1, 0});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char *>(data) + 1, size - 1);
    if (data[0] % 2 == 0)
        read(text);
    else
        play(text);
    return 0;
}
