// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/noticesmodel.h"

#include <algorithm>

#include "console/ui/widgets/tableview.h"

namespace tapio::console {

namespace {

/// The same connection attempt, though `repeated` may have grown.
bool sameNotice(const wire::LinkNotice &a, const wire::LinkNotice &b)
{
    return a.timeNs == b.timeNs && a.remoteAddress == b.remoteAddress && a.code == b.code && a.kind == b.kind;
}

} // namespace

NoticesModel::NoticesModel(const TimeDisplay &time, QObject *parent) : QAbstractTableModel(parent), m_time(time)
{
    connect(&time, &TimeDisplay::changed, this, [this] {
        emit headerDataChanged(Qt::Horizontal, Time, Time);
        if (rowCount() > 0)
            emit dataChanged(index(0, Time), index(rowCount() - 1, Time));
    });
}

void NoticesModel::update(std::vector<wire::LinkNotice> notices)
{
    if (!m_notices.empty() && notices.empty()) {
        beginResetModel();
        m_notices.clear();
        endResetModel();
        return;
    }
    const auto known = m_notices.empty() ? notices.end() : std::find_if(notices.begin(), notices.end(), [this](const wire::LinkNotice &n) {
        return sameNotice(n, m_notices.front());
    });
    const auto fresh = known - notices.begin();
    // What fell off the end goes first, so that row numbers below stay right.
    const auto kept = std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(m_notices.size()), notices.end() - known);
    if (kept < static_cast<std::ptrdiff_t>(m_notices.size())) {
        beginRemoveRows({}, static_cast<int>(kept), rowCount() - 1);
        m_notices.resize(static_cast<std::size_t>(kept));
        endRemoveRows();
    }
    if (fresh > 0) {
        beginInsertRows({}, 0, static_cast<int>(fresh) - 1);
        m_notices.insert(m_notices.begin(), notices.begin(), known);
        endInsertRows();
    }
    const int firstKnown = static_cast<int>(fresh);
    if (firstKnown < rowCount()) {
        std::copy(notices.begin() + firstKnown, notices.begin() + rowCount(), m_notices.begin() + firstKnown);
        emit dataChanged(index(firstKnown, 0), index(rowCount() - 1, ColumnCount - 1));
    }
    const int before = rowCount();
    if (static_cast<std::size_t>(before) < notices.size()) {
        beginInsertRows({}, before, static_cast<int>(notices.size()) - 1);
        m_notices.insert(m_notices.end(), notices.begin() + before, notices.end());
        endInsertRows();
    }
}

int NoticesModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_notices.size()); }

int NoticesModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString NoticesModel::text(const wire::LinkNotice &n, int column) const
{
    switch (column) {
    case Time: return m_time.text(n.timeNs, TimeStyle::DateSecond);
    case Kind: return signOf({SignValue::Kind::Notice, static_cast<int>(n.kind)}, Theme()).word;
    case Address: return QString::fromStdString(n.remoteAddress);
    case Identity: return n.identity.empty() ? tr("none verified") : QString::fromStdString(n.identity);
    case Code: return QString::fromStdString(n.code);
    case Reason: return QString::fromStdString(n.reason);
    case Repeated: return n.repeated > 1 ? QStringLiteral("\u00d7\u00a0") + exactCount(n.repeated) : QString();
    default: return {};
    }
}

QVariant NoticesModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const wire::LinkNotice &n = notice(index.row());
    switch (role) {
    case Qt::DisplayRole: return text(n, index.column());
    case Qt::ToolTipRole: return index.column() == Time ? m_time.text(n.timeNs, TimeStyle::Full) : text(n, index.column());
    case cell::sortRole:
        return index.column() == Time       ? QVariant(static_cast<qlonglong>(n.timeNs))
               : index.column() == Repeated ? QVariant(n.repeated)
                                            : QVariant(text(n, index.column()));
    case cell::exportRole:
        return index.column() == Time       ? QVariant(isoText(n.timeNs))
               : index.column() == Identity ? QVariant(QString::fromStdString(n.identity))
               : index.column() == Repeated ? QVariant(n.repeated)
                                            : QVariant(text(n, index.column()));
    case cell::emphasisRole:
        if (index.column() == Reason)
            return static_cast<int>(Emphasis::Primary);
        return static_cast<int>(index.column() == Identity && n.identity.empty() ? Emphasis::Muted : Emphasis::Normal);
    case cell::signRole:
        return index.column() == Kind ? QVariant::fromValue(SignValue{SignValue::Kind::Notice, static_cast<int>(n.kind)}) : QVariant();
    default: return {};
    }
}

QVariant NoticesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::Alignment((section == Repeated ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    if (role == cell::exportRole && section == Time)
        return tr("Time (UTC)");
    if (role != Qt::DisplayRole && role != cell::exportRole)
        return {};
    switch (section) {
    case Time: return tr("Time (%1)").arg(m_time.zoneName(m_notices.empty() ? 0 : m_notices.front().timeNs));
    case Kind: return tr("Kind");
    case Address: return tr("Address");
    case Identity: return tr("Identity");
    case Code: return tr("Code");
    case Reason: return tr("Reason");
    case Repeated: return tr("Repeated");
    default: return {};
    }
}

} // namespace tapio::console
