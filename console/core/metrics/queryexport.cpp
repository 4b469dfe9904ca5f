// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/queryexport.h"

#include <ostream>
#include <set>

#include <nlohmann/json.hpp>

#include "console/core/metrics/csvcomments.h"
#include "console/core/metrics/storesamples.h"
#include "console/core/promql/numbertext.h"

namespace tapio::console {

namespace {

using promql::ValueType;

std::string_view resultType(ValueType type) noexcept
{
    switch (type) {
    case ValueType::Scalar: return "scalar";
    case ValueType::Vector: return "vector";
    case ValueType::Matrix: return "matrix";
    case ValueType::String: return "string";
    }
    return "vector";
}

nlohmann::json pairOf(const promql::Sample &sample)
{
    return nlohmann::json::array({static_cast<double>(sample.timeMs) / 1000, promql::numberText(sample.value)});
}

nlohmann::json seriesJson(const promql::ResultSeries &series, bool isMatrix)
{
    nlohmann::json metric = nlohmann::json::object();
    for (const promql::Label &label : series.labels.all())
        metric[label.name] = label.value;
    nlohmann::json samples = nlohmann::json::array();
    for (const promql::Sample &sample : series.samples)
        samples.push_back(pairOf(sample));
    if (isMatrix)
        return {{"metric", std::move(metric)}, {"values", std::move(samples)}};
    return {{"metric", std::move(metric)}, {"value", samples.empty() ? nlohmann::json() : samples.back()}};
}

} // namespace

nlohmann::json queryJson(const promql::QueryResult &result)
{
    nlohmann::json json{{"resultType", resultType(result.type)}};
    if (result.type == ValueType::String) {
        json["result"] = result.text;
        return json;
    }
    if (result.type == ValueType::Scalar) {
        json["result"] = result.series.empty() ? nlohmann::json() : pairOf(result.series.front().samples.front());
        return json;
    }
    json["result"] = nlohmann::json::array();
    for (const promql::ResultSeries &series : result.series)
        json["result"].push_back(seriesJson(series, result.type == ValueType::Matrix));
    return json;
}

void writeCsv(std::ostream &out, const promql::QueryResult &result)
{
    if (result.type == ValueType::String) {
        out << "text\r\n" << csvCell(result.text) << "\r\n";
        return;
    }
    std::set<std::string> names;
    for (const promql::ResultSeries &series : result.series) {
        for (const promql::Label &label : series.labels.all())
            names.insert(label.name);
    }
    out << "time,value";
    for (const std::string &name : names)
        out << ',' << csvCell(name);
    out << "\r\n";
    for (const promql::ResultSeries &series : result.series) {
        for (const promql::Sample &sample : series.samples) {
            out << timeText(storeTimeNs(sample.timeMs)) << ',' << promql::numberText(sample.value);
            for (const std::string &name : names)
                out << ',' << csvCell(std::string(series.labels.get(name)));
            out << "\r\n";
        }
    }
}

} // namespace tapio::console
