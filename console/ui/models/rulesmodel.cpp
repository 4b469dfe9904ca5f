// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/rulesmodel.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <map>

#include "console/ui/widgets/format.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

namespace {

const QString dash = QStringLiteral("\u2013");

/// The counts that are columns.
std::optional<std::uint64_t> countOf(const RuleRow &row, int column)
{
    switch (column) {
    case RulesModel::Evaluations: return row.total.evaluations;
    case RulesModel::Evidence: return row.total.evidence;
    case RulesModel::Opened: return row.total.opened;
    case RulesModel::Open: return row.total.open;
    case RulesModel::Suppressed: return row.total.reopened;
    case RulesModel::Unjoined: return row.total.unjoined;
    case RulesModel::Late: return row.total.late;
    case RulesModel::Evicted: return row.total.evicted;
    case RulesModel::Candidates: return row.total.candidates;
    default: return std::nullopt;
    }
}

bool isHeard(const RuleRow &row)
{
    return std::any_of(row.sources.begin(), row.sources.end(), [](const RuleRow::Source &source) { return source.isHeard; });
}

/// Whether an engine told of it, in the time or, for what is of now, at its end.
bool isTold(const RuleRow &row, int column)
{
    const bool isOfNow = column == RulesModel::Open || column == RulesModel::Candidates;
    return isOfNow ? isHeard(row) : !row.sources.empty();
}

QString percentOf(double share, const QLocale &locale = QLocale()) { return locale.toString(share * 100, 'f', 1); }

} // namespace

QString shareText(const replay::Share &share, std::uint64_t floor)
{
    const auto tr = [](const char *text) { return QCoreApplication::translate("tapio::console::RulesModel", text); };
    if (!share.isEnough)
        return tr("no data, %1 of %2").arg(share.of).arg(floor);
    return tr("%1 % [%2, %3] of %4").arg(percentOf(share.value), percentOf(share.low), percentOf(share.high), exactCount(share.of));
}

std::optional<double> costPercent(const RuleBoard &board)
{
    const std::int64_t spanNs = std::min(board.toNs, board.lastNs) - std::max(board.fromNs, board.firstNs);
    double spentNs = 0;
    bool isTimed = false;
    for (const RuleRow &row : board.rules) {
        const auto each = evaluationNs(row.total);
        isTimed = isTimed || each.has_value();
        spentNs += each.value_or(0) * static_cast<double>(row.total.evaluations);
    }
    if (!isTimed || spanNs <= 0)
        return std::nullopt;
    return 100 * spentNs / static_cast<double>(spanNs);
}

void RulesModel::update(RuleBoard board)
{
    const bool isSame = std::equal(board.rules.begin(), board.rules.end(), m_board.rules.begin(), m_board.rules.end(),
                                   [](const RuleRow &a, const RuleRow &b) { return a.id == b.id; });
    if (!isSame)
        beginResetModel();
    m_board = std::move(board);
    if (!isSame)
        endResetModel();
    else if (rowCount() > 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int RulesModel::rowOf(const QString &rule) const
{
    const auto at =
        std::find_if(m_board.rules.begin(), m_board.rules.end(), [id = rule.toStdString()](const RuleRow &row) { return row.id == id; });
    return at == m_board.rules.end() ? -1 : static_cast<int>(at - m_board.rules.begin());
}

int RulesModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_board.rules.size()); }

int RulesModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString RulesModel::suiteText(const RuleRow &row) const
{
    if (!row.suite)
        return dash;
    return shareText(replay::accuracyOf(*row.suite, replay::floorOfRule), replay::floorOfRule);
}

QString RulesModel::text(const RuleRow &row, int column) const
{
    if (const auto count = countOf(row, column))
        return isTold(row, column) ? exactCount(*count) : dash;
    switch (column) {
    case Rule: return QString::fromStdString(row.id);
    case Severity: return row.facts ? signOf({SignValue::Kind::Severity, static_cast<int>(row.facts->severity)}, Theme()).word : dash;
    case Scope: return !row.facts ? tr("not known here") : row.facts->isAcrossNodes ? tr("across nodes") : tr("node");
    case Cost: {
        const auto each = evaluationNs(row.total);
        return each ? durationText(std::llround(*each)) : dash;
    }
    case Verdicts:
        return row.verdicts.confirmed + row.verdicts.rejected == 0
                   ? dash
                   : tr("%1 of %2 right").arg(row.verdicts.confirmed).arg(row.verdicts.confirmed + row.verdicts.rejected);
    case Drills:
        return !row.proof ? dash
                          : tr("%1 of %2 found").arg(row.proof->counts.tp).arg(row.proof->counts.tp + row.proof->counts.fn)
                                + (row.proof->counts.fp > 0 ? tr(", %1 false").arg(row.proof->counts.fp) : QString());
    case Suite: return suiteText(row);
    default: return {};
    }
}

QVariant RulesModel::sortKey(const RuleRow &row, int column) const
{
    if (const auto count = countOf(row, column))
        return isTold(row, column) ? QVariant(static_cast<qlonglong>(*count)) : QVariant(qlonglong(-1));
    switch (column) {
    case Severity: return row.facts ? static_cast<int>(row.facts->severity) : -1;
    case Cost: return evaluationNs(row.total).value_or(-1);
    case Verdicts: return static_cast<qlonglong>(row.verdicts.confirmed + row.verdicts.rejected);
    case Drills:
        return row.proof ? static_cast<qlonglong>(row.proof->counts.tp + row.proof->counts.fn + row.proof->counts.fp) : qlonglong(-1);
    case Suite: {
        const replay::Share share = replay::accuracyOf(row.suite.value_or(replay::Counts()), replay::floorOfRule);
        return share.isEnough ? share.value : -1.0;
    }
    default: return text(row, column);
    }
}

QVariant RulesModel::exported(const RuleRow &row, int column) const
{
    if (const auto count = countOf(row, column))
        return isTold(row, column) ? QVariant(static_cast<qulonglong>(*count)) : QVariant(QString());
    const QString shown = text(row, column);
    if (column == Cost) {
        const auto each = evaluationNs(row.total);
        return each ? QVariant(static_cast<qlonglong>(std::llround(*each))) : QVariant(QString());
    }
    return shown == dash ? QString() : shown;
}

int RulesModel::emphasis(const RuleRow &row, int column) const
{
    const auto value = [](Emphasis e) { return static_cast<int>(e); };
    const auto count = countOf(row, column);
    const bool isNothing = count ? !isTold(row, column) || *count == 0 : text(row, column) == dash;
    switch (column) {
    case Rule: return value(Emphasis::Strong);
    case Open: return value(isNothing ? Emphasis::Muted : Emphasis::Strong);
    case Evicted: return value(isNothing ? Emphasis::Muted : Emphasis::Alarm);
    case Verdicts: return value(row.verdicts.rejected > 0 ? Emphasis::Warn : isNothing ? Emphasis::Muted : Emphasis::Normal);
    case Drills:
        return value(row.proof && row.proof->counts.fn + row.proof->counts.fp > 0 ? Emphasis::Warn
                     : isNothing                                                  ? Emphasis::Muted
                                                                                  : Emphasis::Normal);
    case Suite:
        return value(row.suite && row.suite->fp + row.suite->fn > 0                              ? Emphasis::Warn
                     : row.suite && replay::accuracyOf(*row.suite, replay::floorOfRule).isEnough ? Emphasis::Normal
                                                                                                 : Emphasis::Muted);
    default: return value(isNothing ? Emphasis::Muted : Emphasis::Normal);
    }
}

QString RulesModel::toolTip(const RuleRow &row, int column) const
{
    if (countOf(row, column) && !isTold(row, column))
        return row.sources.empty() ? tr("No engine told of this rule in this range") : tr("No engine that has this rule is heard now");
    switch (column) {
    case Rule: return row.facts ? QString::fromStdString(row.facts->title) : tr("This console was built without this rule");
    case Scope:
        return row.facts && row.facts->isAcrossNodes ? tr("It runs in the server, on the events of all its nodes")
               : row.facts                           ? tr("It runs in each agent, on the events of its node")
                                                     : QString();
    case Cost:
        return row.total.timed == 0
                   ? tr("No evaluation was timed in this range: one in 127 of each rule is")
                   : tr("Mean of %1 evaluations that were timed; one in 127 of each rule is").arg(exactCount(row.total.timed));
    case Suite:
        if (row.suite)
            return tr("Accuracy in the held half of the shipped recordings, with Wilson\u2019s 95 % bounds: %1 found, %2 missed, %3 false, "
                      "%4 "
                      "rightly silent")
                .arg(row.suite->tp)
                .arg(row.suite->fn)
                .arg(row.suite->fp)
                .arg(row.suite->tn);
        return !m_board.suite.failure.empty()
                   ? tr("The shipped recordings were not scored: %1").arg(QString::fromStdString(m_board.suite.failure))
               : m_board.suite.recordings == 0 ? tr("The shipped recordings are still being scored")
                                               : tr("No recording has what this rule needs: what a server knows of its links");
    default: return text(row, column);
    }
}

QVariant RulesModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const RuleRow &shown = row(index.row());
    switch (role) {
    case Qt::DisplayRole: return text(shown, index.column());
    case Qt::ToolTipRole: return toolTip(shown, index.column());
    case cell::sortRole: return sortKey(shown, index.column());
    case cell::exportRole: return exported(shown, index.column());
    case cell::emphasisRole: return emphasis(shown, index.column());
    case cell::signRole:
        return index.column() == Severity && shown.facts
                   ? QVariant::fromValue(SignValue{SignValue::Kind::Severity, static_cast<int>(shown.facts->severity)})
                   : QVariant();
    default: return {};
    }
}

QVariant RulesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    const bool isNumber = section == Cost || countOf({}, section).has_value();
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::Alignment((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    if (role == cell::exportRole && section == Cost)
        return tr("Cost per evaluation (ns)");
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case Evaluations: return tr("Events of a type that the rule asks for, once for each of its steps");
        case Evidence: return tr("Evaluations of which a step of the rule took the event");
        case Opened: return tr("Insights that opened");
        case Open: return tr("Insights that are open now");
        case Suppressed: return tr("Insights that were opened again within the rule\u2019s cooldown, instead of another");
        case Unjoined: return tr("Events that fulfilled the conditions, but whose they are was not known");
        case Late: return tr("Events that came when the rule looks no further back");
        case Evicted: return tr("Candidates that were forgotten for want of room: what they would have become is not known");
        case Candidates: return tr("Entities of which the rule has some evidence now");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole && role != cell::exportRole)
        return {};
    switch (section) {
    case Rule: return tr("Rule");
    case Severity: return tr("Severity");
    case Scope: return tr("Looks at");
    case Evaluations: return tr("Evaluations");
    case Evidence: return tr("Evidence");
    case Opened: return tr("Opened");
    case Open: return tr("Open now");
    case Suppressed: return tr("Suppressed");
    case Cost: return tr("Cost each");
    case Verdicts: return tr("Operators");
    case Drills: return tr("Drills");
    case Suite: return tr("Recordings");
    case Unjoined: return tr("Nobody\u2019s");
    case Late: return tr("Late");
    case Evicted: return tr("Forgotten");
    case Candidates: return tr("Candidates");
    default: return {};
    }
}

} // namespace tapio::console
