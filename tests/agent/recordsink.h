// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "agent/collect/readers/eventreader.h"

namespace tapio::test {

/// Keeps what a reader gives.
class RecordSink final : public agent::KernelRecordSink {
public:
    void onRecord(agent::KernelRecord &&record) override { records.push_back(std::move(record)); }
    template <typename T> std::vector<T> details() const
    {
        std::vector<T> all;
        for (const agent::KernelRecord &record : records) {
            if (const auto *detail = std::get_if<T>(&record.event.detail))
                all.push_back(*detail);
        }
        return all;
    }
    std::vector<agent::KernelRecord> records;
};

} // namespace tapio::test
