// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/eventsmodel.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <utility>

#include "console/ui/models/eventtext.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

EventsModel::EventsModel(const TimeDisplay &time, QObject *parent) : QAbstractTableModel(parent), m_time(time)
{
    connect(&time, &TimeDisplay::changed, this, [this] {
        emit headerDataChanged(Qt::Horizontal, Time, Time);
        if (rowCount() > 0)
            emit dataChanged(index(0, Time), index(rowCount() - 1, Time));
    });
}

int EventsModel::rowOf(EventId id) const
{
    if (!m_ids.contains(id))
        return -1;
    const auto at = std::find_if(m_events.begin(), m_events.end(), [id](const StoredEvent &e) { return e.id == id; });
    return static_cast<int>(at - m_events.begin());
}

void EventsModel::renew(const std::vector<StoredEvent> &events)
{
    struct Hash {
        std::size_t operator()(const EventId &id) const noexcept { return std::hash<std::int64_t>()(id.chunk * 1'000'003 + id.row); }
    };
    std::unordered_map<EventId, const StoredEvent *, Hash> byId(events.size());
    for (const StoredEvent &event : events)
        byId.emplace(event.id, &event);
    int first = -1, last = -1;
    for (int row = 0; row < rowCount() && !byId.empty(); ++row) {
        StoredEvent &known = m_events[static_cast<std::size_t>(row)];
        const auto found = byId.find(known.id);
        if (found == byId.end())
            continue;
        const StoredEvent &event = *found->second;
        byId.erase(found);
        if (known.origin == event.origin)
            continue;
        known.origin = event.origin;
        known.isAmended = event.isAmended;
        first = first < 0 ? row : first;
        last = row;
    }
    // Told once, of all of them: a sorting view takes the rows of a signal out and puts each back among the others, which it expects to be in
    // order already. Others that changed and wait for their own signal would lead it astray.
    if (first >= 0)
        emit dataChanged(index(first, 0), index(last, ColumnCount - 1));
}

void EventsModel::clear()
{
    beginResetModel();
    m_events.clear();
    m_ids.clear();
    m_moreBelow = false;
    endResetModel();
}

void EventsModel::dropKnown(std::vector<StoredEvent> &events)
{
    std::erase_if(events, [this](const StoredEvent &e) { return !m_ids.insert(e.id).second; });
}

void EventsModel::insertAt(std::size_t row, StoredEvent event)
{
    beginInsertRows({}, static_cast<int>(row), static_cast<int>(row));
    m_ids.insert(event.id);
    m_events.insert(m_events.begin() + static_cast<std::ptrdiff_t>(row), std::move(event));
    endInsertRows();
}

void EventsModel::setShowDate(bool show)
{
    if (m_showDate == show)
        return;
    m_showDate = show;
    if (rowCount() > 0)
        emit dataChanged(index(0, Time), index(rowCount() - 1, Time));
}

void EventsModel::forget(std::size_t first, std::size_t count)
{
    for (std::size_t i = first; i < first + count; ++i)
        m_ids.erase(m_events[i].id);
    const auto begin = m_events.begin() + static_cast<std::ptrdiff_t>(first);
    beginRemoveRows({}, static_cast<int>(first), static_cast<int>(first + count) - 1);
    m_events.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
    endRemoveRows();
}

EventsModel::Change EventsModel::append(std::vector<StoredEvent> events)
{
    dropKnown(events);
    Change change{events.size(), false};
    if (events.empty())
        return change;
    beginInsertRows({}, rowCount(), rowCount() + static_cast<int>(events.size()) - 1);
    m_events.insert(m_events.end(), std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
    endInsertRows();
    if (m_events.size() > maxRows) {
        forget(0, m_events.size() - maxRows);
        change.trimmed = true;
    }
    return change;
}

EventsModel::Change EventsModel::prepend(std::vector<StoredEvent> events)
{
    dropKnown(events);
    Change change{events.size(), false};
    if (events.empty())
        return change;
    beginInsertRows({}, 0, static_cast<int>(events.size()) - 1);
    m_events.insert(m_events.begin(), std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
    endInsertRows();
    if (m_events.size() > maxRows) {
        forget(maxRows, m_events.size() - maxRows);
        change.trimmed = true;
        m_moreBelow = true;
    }
    return change;
}

void EventsModel::fetchMore(const QModelIndex &parent)
{
    if (canFetchMore(parent))
        emit moreBelowWanted();
}

int EventsModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_events.size()); }

int EventsModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString EventsModel::text(const StoredEvent &e, int column) const
{
    switch (column) {
    case Time: return m_time.text(e.event.timeNs, m_showDate ? TimeStyle::DateMillisecond : TimeStyle::Millisecond);
    case Severity: return signOf({SignValue::Kind::Severity, static_cast<int>(e.event.severity)}, Theme()).word;
    case Type: return QString::fromStdString(wire::eventTypeName(e.event.type));
    case Summary: return eventTitle(e);
    case Node: return QString::fromStdString(e.node);
    case Namespace: return QString::fromStdString(e.origin.namespaceName);
    case Entity: return entityText(e.origin);
    case Identity: return signOf({SignValue::Kind::Attribution, static_cast<int>(e.origin.attribution)}, Theme()).word;
    case Command: return QString::fromStdString(e.event.process.comm);
    case Pid: return e.event.process.pid == 0 ? QString() : QString::number(e.event.process.pid);
    default: return {};
    }
}

QVariant EventsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const StoredEvent &e = eventAt(index.row());
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole: return text(e, column);
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole: return column == Time ? m_time.text(e.event.timeNs, TimeStyle::Full) : text(e, column);
    case cell::emphasisRole: return static_cast<int>(column == Summary ? Emphasis::Primary : Emphasis::Normal);
    case cell::signRole:
        if (column == Severity)
            return QVariant::fromValue(SignValue{SignValue::Kind::Severity, static_cast<int>(e.event.severity)});
        if (column == Identity)
            return QVariant::fromValue(SignValue{SignValue::Kind::Attribution, static_cast<int>(e.origin.attribution)});
        return {};
    default: return {};
    }
}

QVariant EventsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::Alignment((section == Pid ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    if (role == Qt::InitialSortOrderRole) // what one looks for first: the newest, the worst
        return QVariant::fromValue(section == Time || section == Severity ? Qt::DescendingOrder : Qt::AscendingOrder);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Time: return tr("Time (%1)").arg(m_time.zoneName(m_events.empty() ? 0 : m_events.front().event.timeNs));
    case Severity: return tr("Severity");
    case Type: return tr("Type");
    case Summary: return tr("Event");
    case Node: return tr("Node");
    case Namespace: return tr("Namespace");
    case Entity: return tr("Entity");
    case Identity: return tr("Identity");
    case Command: return tr("Command");
    case Pid: return tr("pid");
    default: return {};
    }
}

} // namespace tapio::console
