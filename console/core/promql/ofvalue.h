// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

/// Functions of one value; private to console/core/promql. Those of a time take seconds since 1970, UTC.
namespace tapio::promql::ofvalue {

using Parameters = std::span<const double>;

double abs(double value, Parameters parameters);
double acos(double value, Parameters parameters);
double acosh(double value, Parameters parameters);
double asin(double value, Parameters parameters);
double asinh(double value, Parameters parameters);
double atan(double value, Parameters parameters);
double atanh(double value, Parameters parameters);
double ceil(double value, Parameters parameters);
double clamp(double value, Parameters parameters); ///< least, most
double clampMax(double value, Parameters parameters);
double clampMin(double value, Parameters parameters);
double cos(double value, Parameters parameters);
double cosh(double value, Parameters parameters);
double degrees(double value, Parameters parameters);
double exp(double value, Parameters parameters);
double floor(double value, Parameters parameters);
double ln(double value, Parameters parameters);
double log10(double value, Parameters parameters);
double log2(double value, Parameters parameters);
double radians(double value, Parameters parameters);
double round(double value, Parameters parameters); ///< to multiples of the parameter, 1 where there is none; halves up
double sign(double value, Parameters parameters);
double sin(double value, Parameters parameters);
double sinh(double value, Parameters parameters);
double sqrt(double value, Parameters parameters);
double tan(double value, Parameters parameters);
double tanh(double value, Parameters parameters);

double dayOfMonth(double seconds, Parameters parameters);
double dayOfWeek(double seconds, Parameters parameters); ///< 0 = Sunday
double dayOfYear(double seconds, Parameters parameters);
double daysInMonth(double seconds, Parameters parameters);
double hour(double seconds, Parameters parameters);
double minute(double seconds, Parameters parameters);
double month(double seconds, Parameters parameters);
double year(double seconds, Parameters parameters);

} // namespace tapio::promql::ofvalue
