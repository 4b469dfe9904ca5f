// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/ofvalue.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>

namespace tapio::promql::ofvalue {

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
/// Times that the calendar below can tell: the years -9999 to 9999 or so.
constexpr double furthestSeconds = 2.5e11;

/// As Go has them: an infinity that settles it goes before a NaN.
double lesser(double a, double b)
{
    constexpr double lowest = -std::numeric_limits<double>::infinity();
    if (a == lowest || b == lowest)
        return lowest;
    return std::isnan(a) || std::isnan(b) ? notANumber : std::fmin(a, b);
}
double greater(double a, double b) { return -lesser(-a, -b); }

struct Moment {
    std::chrono::year_month_day date;
    std::chrono::seconds ofDay;
    std::chrono::sys_days day;
};

/// `tell` of the moment; NaN where the value is none that a calendar has.
template <typename Tell> double told(double seconds, Tell tell)
{
    if (!(std::abs(seconds) < furthestSeconds))
        return notANumber;
    const std::chrono::sys_seconds at{std::chrono::seconds(static_cast<std::int64_t>(seconds))};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    return static_cast<double>(tell(Moment{std::chrono::year_month_day(day), at - day, day}));
}

} // namespace

double abs(double value, Parameters /*parameters*/) { return std::abs(value); }
double acos(double value, Parameters /*parameters*/) { return std::acos(value); }
double acosh(double value, Parameters /*parameters*/) { return std::acosh(value); }
double asin(double value, Parameters /*parameters*/) { return std::asin(value); }
double asinh(double value, Parameters /*parameters*/) { return std::asinh(value); }
double atan(double value, Parameters /*parameters*/) { return std::atan(value); }
double atanh(double value, Parameters /*parameters*/) { return std::atanh(value); }
double ceil(double value, Parameters /*parameters*/) { return std::ceil(value); }
double cos(double value, Parameters /*parameters*/) { return std::cos(value); }
double cosh(double value, Parameters /*parameters*/) { return std::cosh(value); }
double degrees(double value, Parameters /*parameters*/) { return value * 180 / std::numbers::pi; }
double exp(double value, Parameters /*parameters*/) { return std::exp(value); }
double floor(double value, Parameters /*parameters*/) { return std::floor(value); }
double ln(double value, Parameters /*parameters*/) { return std::log(value); }
double log10(double value, Parameters /*parameters*/) { return std::log10(value); }
double log2(double value, Parameters /*parameters*/) { return std::log2(value); }
double radians(double value, Parameters /*parameters*/) { return value * std::numbers::pi / 180; }
double sin(double value, Parameters /*parameters*/) { return std::sin(value); }
double sinh(double value, Parameters /*parameters*/) { return std::sinh(value); }
double sqrt(double value, Parameters /*parameters*/) { return std::sqrt(value); }
double tan(double value, Parameters /*parameters*/) { return std::tan(value); }
double tanh(double value, Parameters /*parameters*/) { return std::tanh(value); }

double clampMax(double value, Parameters parameters) { return lesser(value, parameters.front()); }
double clampMin(double value, Parameters parameters) { return greater(value, parameters.front()); }

double clamp(double value, Parameters parameters) { return greater(lesser(value, parameters[1]), parameters[0]); }

double round(double value, Parameters parameters)
{
    // Prometheus divides by the inverse, which is kinder to steps such as 0.1.
    const double inverse = 1 / (parameters.empty() ? 1.0 : parameters.front());
    return std::floor(value * inverse + 0.5) / inverse;
}

double sign(double value, Parameters /*parameters*/) { return value < 0 ? -1 : value > 0 ? 1 : value; }

double dayOfMonth(double seconds, Parameters /*parameters*/)
{
    return told(seconds, [](const Moment &at) { return unsigned{at.date.day()}; });
}

double dayOfWeek(double seconds, Parameters /*parameters*/)
{
    return told(seconds, [](const Moment &at) { return std::chrono::weekday(at.day).c_encoding(); });
}

double dayOfYear(double seconds, Parameters /*parameters*/)
{
    return told(seconds,
                [](const Moment &at) { return (at.day - std::chrono::sys_days(at.date.year() / std::chrono::January / 1)).count() + 1; });
}

double daysInMonth(double seconds, Parameters /*parameters*/)
{
    return told(seconds, [](const Moment &at) { return unsigned{(at.date.year() / at.date.month() / std::chrono::last).day()}; });
}

double hour(double seconds, Parameters /*parameters*/)
{
    return told(seconds, [](const Moment &at) { return std::chrono::duration_cast<std::chrono::hours>(at.ofDay).count(); });
}

double minute(double seconds, Parameters /*parameters*/)
{
    return told(seconds, [](const Moment &at) { return std::chrono::duration_cast<std::chrono::minutes>(at.ofDay).count() % 60; });
}

double month(double seconds, Parameters /*parameters*/)
{
    return told(seconds, [](const Moment &at) { return unsigned{at.date.month()}; });
}

double year(double seconds, Parameters /*parameters*/)
{
    return told(seconds, [](const Moment &at) { return int{at.date.year()}; });
}

} // namespace tapio::promql::ofvalue
