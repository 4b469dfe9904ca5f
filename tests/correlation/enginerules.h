// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "tests/correlation/stage.h"

/// Rules that tests of the engine are made of.
namespace tapio::test {

inline const std::string ruleHead = "title = \"t\"\nroot = \"pod\"\nseverity = \"warning\"\nlifetime = \"5m\"\ncooldown = \"10m\"\n"
                                    "summary = \"{root}: {kill.count} kills, {count} in all\"\n";

inline correlation::Rule ruleOf(const std::string &steps, const std::string &id = "r")
{
    auto rule = correlation::parseRule("id = \"" + id + "\"\n" + ruleHead + steps, "test.toml");
    if (!rule)
        qFatal("%s", toString(rule.error().front()).c_str());
    return *rule;
}

inline const std::string killStep = "[[step]]\nname = \"kill\"\nevent = \"oom.kill\"\nwithin = \"1m\"\n";
inline const std::string killThenExit = killStep
                                        + "[[step]]\nname = \"exit\"\nevent = \"process.exit\"\nwithin = \"1m\"\nafter = \"kill\"\n"
                                          "after_within = \"30s\"\n";

inline wire::ProcessExit exitOf(int code)
{
    wire::ProcessExit exit;
    exit.exitCode = code;
    return exit;
}

} // namespace tapio::test
