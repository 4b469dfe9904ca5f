// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/insightexport.h"

#include <initializer_list>
#include <ostream>

#include <nlohmann/json.hpp>

#include "console/core/metrics/csvcomments.h"
#include "protocol/wire/evidence.h"

namespace tapio::console {

namespace {

using nlohmann::json;

json timeJson(std::int64_t utcNs) { return utcNs == 0 ? json() : json(timeText(utcNs)); }

json evidenceJson(const std::vector<std::string> &lines)
{
    json all = json::array();
    for (const std::string &line : lines) {
        const auto ref = wire::parseEvidence(line);
        if (!ref) {
            all.push_back({{"line", line}});
            continue;
        }
        json one{{"step", ref->step}, {"time", timeJson(ref->timeNs)}, {"timeNs", ref->timeNs}, {"text", ref->text}};
        if (ref->uncertaintyNs != 0)
            one["uncertaintyNs"] = ref->uncertaintyNs;
        if (ref->seq != 0)
            one["event"] = {{"node", ref->node}, {"stream", insightIdText(ref->streamId)}, {"seq", ref->seq}};
        all.push_back(std::move(one));
    }
    return all;
}

void writeRow(std::ostream &out, std::initializer_list<std::string> cells)
{
    const char *separator = "";
    for (const std::string &cell : cells) {
        out << separator << csvCell(cell);
        separator = ",";
    }
    out << "\r\n";
}

} // namespace

json verdictJson(const Verdict &verdict)
{
    return {
        {"verdict", verdictKindName(verdict.kind)}, {"reason", verdict.reason}, {"user", verdict.user}, {"time", timeJson(verdict.timeNs)}};
}

json insightJson(const InsightView &view, const VerdictBook &verdicts)
{
    const wire::Insight &insight = view.insight;
    json object{{"id", insightIdText(insight.id)},
                {"node", view.node},
                {"rule", insight.rule},
                {"state", wire::insightStateName(insight.state)},
                {"severity", wire::severityName(view.severity)},
                {"root", {{"kind", wire::entityKindName(insight.rootKind)}, {"name", insight.root}}},
                {"text", insight.text},
                {"from", timeJson(insight.fromNs)},
                {"to", timeJson(insight.toNs)},
                {"told", timeJson(view.toldNs)},
                {"rule_score_percent", insight.score},
                {"evidence_count", insight.evidenceCount},
                {"evidence", evidenceJson(insight.evidence)},
                {"contradicting", evidenceJson(insight.contradicting)},
                {"affected", insight.affected},
                {"owners", insight.owners},
                {"settle", insight.settle},
                {"runbook", insight.runbook}};
    const Verdict *verdict = verdicts.inForce(view.key());
    object["verdict"] = verdict ? verdictJson(*verdict) : json();
    object["verdicts"] = json::array();
    for (const Verdict &given : verdicts.history(view.key()))
        object["verdicts"].push_back(verdictJson(given));
    return object;
}

void writeInsightCsvHeader(std::ostream &out, const CsvOptions &options)
{
    const std::string zone = " [" + options.zoneName + ']';
    writeRow(out, {"id", "state", "severity", "rule", "root kind", "root", "what happened", "first evidence" + zone, "last evidence" + zone,
                   "told" + zone, "evidence", "rule score [%]", "verdict", "reason", "by", "verdict given" + zone, "node", "under"});
}

void writeInsightCsv(std::ostream &out, const InsightView &view, const VerdictBook &verdicts, const InsightStanding &standing,
                     const CsvOptions &options)
{
    const auto time = [&options](std::int64_t ns) { return ns == 0 ? std::string() : timeText(ns, options.utcOffsetMinutes); };
    const wire::Insight &insight = view.insight;
    const Verdict *verdict = verdicts.inForce(view.key());
    writeRow(out, {insightIdText(insight.id), std::string(standing.state), std::string(wire::severityName(view.severity)), insight.rule,
                   std::string(wire::entityKindName(insight.rootKind)), insight.root, insight.text, time(insight.fromNs),
                   time(insight.toNs), time(view.toldNs), std::to_string(insight.evidenceCount), std::to_string(insight.score),
                   verdict ? std::string(verdictKindName(verdict->kind)) : std::string(), verdict ? verdict->reason : std::string(),
                   verdict ? verdict->user : std::string(), verdict ? time(verdict->timeNs) : std::string(), view.node,
                   standing.under ? insightIdText(*standing.under) : std::string()});
}

json insightJson(const InsightView &view, const VerdictBook &verdicts, const InsightStanding &standing)
{
    json object = insightJson(view, verdicts);
    object["state"] = standing.state;
    object["under"] = standing.under ? json(insightIdText(*standing.under)) : json();
    return object;
}

} // namespace tapio::console
