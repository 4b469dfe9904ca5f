// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/notices.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tapio::transport {

namespace {

constexpr std::int64_t windowNs = 10 * nsPerSecond;
constexpr std::size_t maxPending = 16384;
constexpr std::size_t maxRefusals = 1024; // of the pending ones: strangers must not crowd out our own peers
constexpr std::size_t maxFolds = 1024;

std::string withoutPort(const std::string &address) { return address.substr(0, address.rfind(':')); }

} // namespace

void NoticeLog::add(Notice notice)
{
    const std::lock_guard lock(m_mutex);
    if (notice.kind != NoticeKind::Refused) {
        push(std::move(notice));
        return;
    }
    const Key key(withoutPort(notice.remoteAddress), notice.code, notice.identity);
    auto fold = m_folds.find(key);
    if (fold == m_folds.end()) {
        if (m_folds.size() >= maxFolds) { // from more addresses than we keep books on
            ++m_overflow;
            m_lastOverflow = std::move(notice);
            return;
        }
        const std::int64_t endNs = notice.timeNs + windowNs;
        m_firstEndNs = m_folds.empty() ? endNs : std::min(m_firstEndNs, endNs);
        m_folds.emplace(key, Fold{endNs, 0, {}});
        push(std::move(notice));
        return;
    }
    ++fold->second.suppressed;
    fold->second.last = std::move(notice);
}

void NoticeLog::push(Notice notice)
{
    const std::size_t limit = notice.kind == NoticeKind::Refused ? maxRefusals : maxPending;
    if (m_pending.size() < limit) {
        m_pending.push_back(std::move(notice));
        return;
    }
    m_overflow += notice.repeated;
    m_lastOverflow = std::move(notice);
}

std::vector<Notice> NoticeLog::take(std::int64_t nowNs)
{
    const std::lock_guard lock(m_mutex);
    if (!m_folds.empty() && nowNs >= m_firstEndNs)
        unfold(nowNs);
    std::vector<Notice> taken(std::make_move_iterator(m_pending.begin()), std::make_move_iterator(m_pending.end()));
    m_pending.clear();
    if (m_overflow > 0) {
        m_lastOverflow.repeated = std::exchange(m_overflow, 0u);
        taken.push_back(std::move(m_lastOverflow));
    }
    return taken;
}

void NoticeLog::unfold(std::int64_t nowNs)
{
    m_firstEndNs = nowNs + windowNs;
    for (auto each = m_folds.begin(); each != m_folds.end();) {
        Fold &fold = each->second;
        const bool over = nowNs >= fold.windowEndNs;
        if (over && fold.suppressed == 0) {
            each = m_folds.erase(each);
            continue;
        }
        if (over) {
            fold.last.repeated = std::exchange(fold.suppressed, 0u);
            push(std::move(fold.last));
            fold.windowEndNs = nowNs + windowNs;
        }
        m_firstEndNs = std::min(m_firstEndNs, fold.windowEndNs);
        ++each;
    }
}

} // namespace tapio::transport
