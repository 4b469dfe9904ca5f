// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/sources/prometheusanswer.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "console/core/promql/numbertext.h"

namespace tapio::console {

namespace {

using promql::ValueType;

constexpr std::size_t deepest = 64;           ///< of any answer there is: 6
constexpr std::size_t longestWarning = 1'024; ///< bytes
constexpr double latestSeconds = 9e12;        ///< what milliseconds in 64 bits hold, and more than a calendar does

/// Where in the answer a value is. Whatever this version does not know is skipped whole.
enum class Place : std::uint8_t { Root, Data, Result, Series, Metric, Sample, Samples, Warnings, Skipped };

/// Takes the answer piece by piece. Each call's false ends the reading, with why in `refusal`.
class AnswerReader final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit AnswerReader(std::size_t mostSamples) : m_left(mostSamples) {}

    PrometheusAnswer answer;
    std::optional<Error> refusal;

    /// What was said of its kind, and whether the rest is that.
    Result<PrometheusAnswer> finish();

    bool null() override { return scalarValue("nothing"); }
    bool boolean(bool value) override;
    bool number_integer(std::int64_t value) override { return number(static_cast<double>(value)); }
    bool number_unsigned(std::uint64_t value) override { return number(static_cast<double>(value)); }
    bool number_float(double value, const std::string &) override { return number(value); }
    bool binary(nlohmann::json::binary_t &) override { return scalarValue("bytes"); }
    bool string(std::string &value) override;
    bool key(std::string &name) override;
    bool start_object(std::size_t) override;
    bool end_object() override;
    bool start_array(std::size_t) override;
    bool end_array() override;
    bool parse_error(std::size_t position, const std::string &, const nlohmann::detail::exception &) override
    {
        refusal = Error(Errc::Malformed, "it is no JSON from byte " + std::to_string(position) + " on");
        return false;
    }

private:
    bool number(double value);
    /// Of a kind that is needed nowhere.
    bool scalarValue(const char *what);
    bool isAt(Place place) const { return !m_places.empty() && m_places.back() == place; }
    bool enter(Place place);
    bool refuse(const std::string &what, Errc code = Errc::Malformed);
    std::string where() const;
    bool time(double seconds);
    bool value(std::string &text);
    bool addSample();
    promql::ResultSeries &series() { return answer.result.series.back(); }

    std::vector<Place> m_places;
    std::string m_key, m_status, m_type;
    std::vector<promql::Label> m_labels;
    // The pair of a time and a value that is being read, wherever it stands.
    std::size_t m_pairSize = 0;
    promql::Sample m_sample;
    std::string m_text; ///< of its value
    std::size_t m_pairIndex = 0;
    std::size_t m_left;
    std::size_t m_withHistograms = 0;
    bool m_isPartial = false;
    bool m_hasResult = false, m_isList = false; ///< a list of series, or else one pair
    bool m_hasHistograms = false, m_hasValues = false, m_hasValue = false;
};

std::string AnswerReader::where() const
{
    std::string path;
    for (std::size_t i = 0; i < m_places.size(); ++i) {
        switch (m_places[i]) {
        case Place::Data: path += "data"; break;
        case Place::Result: path += ".result"; break;
        case Place::Series: path += '[' + std::to_string(answer.result.series.size() - 1) + ']'; break;
        case Place::Metric: path += ".metric"; break;
        case Place::Sample:
            path += i > 0 && m_places[i - 1] == Place::Samples ? '[' + std::to_string(m_pairIndex) + ']' : std::string(".value");
            break;
        case Place::Samples: path += ".values"; break;
        case Place::Warnings: path += "warnings"; break;
        default: break;
        }
    }
    const bool isKeyed = isAt(Place::Root) || isAt(Place::Data) || isAt(Place::Series) || isAt(Place::Metric);
    return path + (isKeyed ? (path.empty() ? "" : ".") + m_key.substr(0, 64) : std::string());
}

bool AnswerReader::refuse(const std::string &what, Errc code)
{
    const std::string at = where();
    refusal = Error(code, (at.empty() ? std::string("its outermost") : at) + ": " + what);
    return false;
}

bool AnswerReader::enter(Place place)
{
    if (m_places.size() >= deepest)
        return refuse("more than " + std::to_string(deepest) + " levels");
    m_places.push_back(place);
    return true;
}

bool AnswerReader::key(std::string &name)
{
    m_key = std::move(name);
    return true;
}

bool AnswerReader::start_object(std::size_t)
{
    if (m_places.empty())
        return enter(Place::Root);
    if (isAt(Place::Root) && m_key == "data")
        return enter(Place::Data);
    if (isAt(Place::Result)) {
        if (m_pairSize > 0)
            return refuse("a series beside a single value");
        m_isList = true;
        answer.result.series.emplace_back();
        m_hasHistograms = m_hasValues = m_hasValue = false;
        m_labels.clear();
        return enter(Place::Series);
    }
    if (isAt(Place::Series) && m_key == "metric")
        return enter(Place::Metric);
    const bool isKnown = isAt(Place::Samples) || isAt(Place::Sample) || isAt(Place::Metric) || isAt(Place::Warnings)
                         || (isAt(Place::Series) && (m_key == "value" || m_key == "values")) || (isAt(Place::Data) && m_key == "result");
    return isKnown ? refuse("an object is not expected here") : enter(Place::Skipped);
}

bool AnswerReader::end_object()
{
    const Place ended = m_places.back();
    m_places.pop_back();
    if (ended == Place::Series) {
        series().labels = promql::Labels(std::move(m_labels));
        m_labels.clear();
        m_withHistograms += m_hasHistograms ? 1 : 0;
        if (!m_hasValue && !m_hasValues) {
            if (!m_hasHistograms)
                return refuse("series " + std::to_string(answer.result.series.size() - 1) + " has no values");
            answer.result.series.pop_back(); // of histograms alone
        }
    }
    return true;
}

bool AnswerReader::start_array(std::size_t)
{
    if (isAt(Place::Data) && m_key == "result") {
        if (std::exchange(m_hasResult, true))
            return refuse("there are two results");
        return enter(Place::Result);
    }
    if (isAt(Place::Root) && (m_key == "warnings" || m_key == "infos"))
        return enter(Place::Warnings);
    if (isAt(Place::Series) && (m_key == "value" || m_key == "values")) {
        bool &has = m_key == "value" ? m_hasValue : m_hasValues;
        if (std::exchange(has, true) || (m_hasValue && m_hasValues))
            return refuse("a series has its values twice");
        m_pairSize = m_pairIndex = 0;
        return enter(m_key == "value" ? Place::Sample : Place::Samples);
    }
    if (isAt(Place::Samples)) {
        m_pairSize = 0;
        return enter(Place::Sample);
    }
    m_hasHistograms = m_hasHistograms || (isAt(Place::Series) && (m_key == "histogram" || m_key == "histograms"));
    const bool isKnown = m_places.empty() || isAt(Place::Result) || isAt(Place::Sample) || isAt(Place::Metric) || isAt(Place::Warnings)
                         || (isAt(Place::Root) && m_key == "data") || (isAt(Place::Series) && m_key == "metric");
    return isKnown ? refuse("a list is not expected here") : enter(Place::Skipped);
}

bool AnswerReader::end_array()
{
    const Place ended = m_places.back();
    if (ended == Place::Sample && !addSample())
        return false;
    m_places.pop_back();
    return true;
}

bool AnswerReader::addSample()
{
    if (m_pairSize != 2)
        return refuse("a time and a value are needed");
    const auto number = promql::readNumber(m_text);
    if (!number)
        return refuse("'" + m_text.substr(0, 32) + "' is no number");
    auto &samples = series().samples;
    if (!samples.empty() && samples.back().timeMs >= m_sample.timeMs)
        return refuse("its time is not after the one before it");
    if (m_left == 0)
        return refuse("the answer has more samples than are taken", Errc::NoSpace);
    --m_left;
    m_sample.value = *number;
    samples.push_back(m_sample);
    ++m_pairIndex;
    m_pairSize = 0;
    return true;
}

bool AnswerReader::time(double seconds)
{
    if (m_pairSize != 0)
        return refuse("a number in quotes is needed, not a number");
    if (!(std::abs(seconds) <= latestSeconds))
        return refuse("a time beyond all calendars");
    m_sample.timeMs = std::llround(seconds * 1000);
    m_pairSize = 1;
    return true;
}

bool AnswerReader::value(std::string &text)
{
    if (m_pairSize != 1)
        return refuse("a time in seconds comes first, and one value follows");
    m_text = std::move(text);
    m_pairSize = 2;
    return true;
}

bool AnswerReader::number(double value)
{
    const bool isPair = isAt(Place::Sample) || (isAt(Place::Result) && !m_isList);
    return isPair ? time(value) : scalarValue("a number");
}

bool AnswerReader::boolean(bool value)
{
    if (isAt(Place::Root) && m_key == "isPartial" && value) // VictoriaMetrics
        m_isPartial = true;
    return scalarValue("yes or no");
}

bool AnswerReader::string(std::string &text)
{
    if (isAt(Place::Sample) || (isAt(Place::Result) && !m_isList))
        return value(text);
    if (isAt(Place::Metric)) {
        m_labels.push_back({m_key, std::move(text)});
    } else if (isAt(Place::Warnings)) {
        if (answer.warnings.size() < mostWarnings)
            answer.warnings.push_back(text.substr(0, longestWarning));
    } else if (isAt(Place::Root)) {
        if (m_key == "data")
            return refuse("an object is needed, not a text");
        std::string *const target = m_key == "status"      ? &m_status
                                    : m_key == "errorType" ? &answer.errorType
                                    : m_key == "error"     ? &answer.error
                                                           : nullptr;
        if (target != nullptr)
            *target = std::move(text);
    } else if (isAt(Place::Data) && m_key == "resultType") {
        m_type = std::move(text);
    } else {
        return scalarValue("a text");
    }
    return true;
}

bool AnswerReader::scalarValue(const char *what)
{
    const bool isAbsent = isAt(Place::Root) && (m_key == "warnings" || m_key == "infos" || m_key == "data"); // null, of an error
    const bool isKnown = m_places.empty() || isAt(Place::Result) || isAt(Place::Samples) || isAt(Place::Sample) || isAt(Place::Metric)
                         || isAt(Place::Warnings) || (isAt(Place::Series) && (m_key == "metric" || m_key == "value" || m_key == "values"))
                         || (isAt(Place::Data) && (m_key == "result" || m_key == "resultType"))
                         || (isAt(Place::Root) && (m_key == "status" || m_key == "error" || m_key == "errorType"));
    if (isKnown || (isAbsent && std::string_view(what) != "nothing"))
        return refuse(std::string(what) + " is not expected here");
    return true;
}

/// What a result of each name is made of.
std::optional<ValueType> typeOf(std::string_view name)
{
    if (name == "vector")
        return ValueType::Vector;
    if (name == "matrix")
        return ValueType::Matrix;
    if (name == "scalar")
        return ValueType::Scalar;
    return name == "string" ? std::optional(ValueType::String) : std::nullopt;
}

Result<PrometheusAnswer> AnswerReader::finish()
{
    if (m_status == "error") {
        if (answer.error.empty())
            return fail(Errc::Malformed, "it is an error, without saying which");
        answer.result = {};
        return std::move(answer);
    }
    if (m_status != "success")
        return fail(Errc::Malformed, "it has no status, as answers of a Prometheus have");
    answer.error.clear();
    answer.errorType.clear();
    const auto type = typeOf(m_type);
    if (!type || !m_hasResult)
        return fail(Errc::Malformed,
                    type ? "data.result is missing" : "data.resultType: '" + m_type.substr(0, 32) + "' is none that is known");
    answer.result.type = *type;
    const bool isPair = *type == ValueType::Scalar || *type == ValueType::String;
    if (isPair != (m_pairSize == 2 && !m_isList))
        return fail(Errc::Malformed, "data.result is no " + m_type);
    if (*type == ValueType::String)
        answer.result.text = m_text;
    if (*type == ValueType::Scalar) {
        const auto number = promql::readNumber(m_text);
        if (!number)
            return fail(Errc::Malformed, "data.result: '" + m_text.substr(0, 32) + "' is no number");
        promql::ResultSeries single;
        single.samples.push_back({m_sample.timeMs, *number});
        answer.result.series = {std::move(single)};
    }
    for (const promql::ResultSeries &one : answer.result.series) {
        ++answer.result.readSeries;
        answer.result.readSamples += one.samples.size();
        if (*type == ValueType::Vector && one.samples.size() != 1)
            return fail(Errc::Malformed, "data.result: a vector has one value of each series");
    }
    if (m_isPartial)
        answer.warnings.emplace_back("the server says that a part of its data is missing");
    if (m_withHistograms > 0)
        answer.warnings.push_back("native histograms of " + std::to_string(m_withHistograms) + " series are left out");
    return std::move(answer);
}

} // namespace

Result<PrometheusAnswer> readPrometheusAnswer(std::string_view json, std::size_t mostSamples)
{
    AnswerReader reader(mostSamples);
    if (!nlohmann::json::sax_parse(json, &reader))
        return fail(reader.refusal.value_or(Error(Errc::Malformed, "it is no JSON")));
    return reader.finish();
}

} // namespace tapio::console
