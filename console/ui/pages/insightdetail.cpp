// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/insightdetail.h"

#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QScrollBar>

#include <algorithm>

#include "console/ui/pages/callsection.h"
#include "console/ui/pages/chainview.h"
#include "console/ui/pages/verdictbar.h"
#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/panelframe.h"
#include "console/ui/widgets/signlabel.h"
#include "console/ui/widgets/styledlabel.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

namespace {

constexpr int mostRowsShown = 24;

std::vector<ColumnStyle> evidenceColumns()
{
    using Kind = ColumnStyle::Kind;
    std::vector<ColumnStyle> columns(EvidenceModel::ColumnCount);
    columns[EvidenceModel::Time] = {Kind::Mono, Qt::ElideRight, 104, 200, false};
    columns[EvidenceModel::Unsure] = {Kind::Mono, Qt::ElideRight, 76, 110, false, 2};
    columns[EvidenceModel::Says] = {Kind::Text, Qt::ElideRight, 68, 90, false};
    columns[EvidenceModel::Step] = {Kind::Mono, Qt::ElideRight, 64, 150, false};
    columns[EvidenceModel::Node] = {Kind::Mono, Qt::ElideMiddle, 64, 150, false, 1};
    columns[EvidenceModel::What] = {Kind::Text, Qt::ElideRight, 180, 2000, true};
    columns[EvidenceModel::Record] = {Kind::Mono, Qt::ElideRight, 84, 120, false};
    return columns;
}

QLabel *plainLabel(const QString &text = {})
{
    auto *label = new QLabel(text);
    label->setTextFormat(Qt::PlainText);
    return label;
}

QLabel *valueLabel()
{
    QLabel *label = plainLabel();
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

QString text(const std::string &value) { return QString::fromStdString(value); }

} // namespace

InsightDetail::InsightDetail(Look look, const TimeDisplay &time, QWidget *parent)
    : QScrollArea(parent), m_look(look), m_time(time), m_evidence(time), m_body(new QWidget)
{
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setAutoFillBackground(false);
    m_body->setAutoFillBackground(false);
    auto *column = new QVBoxLayout(m_body);
    column->setContentsMargins(0, 0, 0, 0);
    m_calls = new CallSection(look, time);
    for (QWidget *part : {buildHead(), buildVerdict(), buildChain(), buildTable(), buildRest(), static_cast<QWidget *>(m_calls)})
        column->addWidget(part);
    column->addStretch(1);
    setWidget(m_body);
    connect(&time, &TimeDisplay::changed, this, [this] {
        if (m_row)
            fillFacts();
    });
    connect(&look.themes, &ThemeStore::themeChanged, this, &InsightDetail::restyle);
    restyle();
}

QWidget *InsightDetail::buildHead()
{
    auto *frame = new PanelFrame(m_look);
    m_severity = new SignLabel(m_look);
    m_life = new SignLabel(m_look);
    m_sentence = valueLabel();
    m_copy = new BarButton(m_look);
    m_copy->setIconName(QStringLiteral("copy"));
    m_copy->setText(tr("Copy"));
    m_copy->setChevron(true);
    connect(m_copy, &QAbstractButton::clicked, this, [this] {
        QMenu menu(this);
        menu.addAction(tr("Copy as text"), this, [this] { emit copyWanted(InsightFormat::Text); });
        menu.addAction(tr("Copy as Markdown"), this, [this] { emit copyWanted(InsightFormat::Markdown); });
        menu.exec(m_copy->mapToGlobal(QPoint(0, m_copy->height() + 4)));
    });
    auto *signs = new QHBoxLayout;
    signs->addWidget(m_severity);
    signs->addWidget(m_life);
    signs->addStretch(1);
    signs->addWidget(m_copy);
    auto *facts = new QGridLayout;
    m_rule = addFact(*facts, tr("Rule"), 0);
    m_score = addFact(*facts, tr("Rule score"), 1);
    m_score->setToolTip(
        tr("How well the evidence fulfils the rule, as its author weighs it. It is no probability: how often the rule is right is "
           "known only from verdicts and drills."));
    m_root = addFact(*facts, tr("Root"), 2);
    m_span = addFact(*facts, tr("First to last evidence"), 3);
    m_node = addFact(*facts, tr("Found by the agent of"), 4);
    facts->setHorizontalSpacing(16);
    facts->setColumnStretch(2, 2);
    facts->setColumnStretch(3, 2);
    for (const int column : {0, 1, 4})
        facts->setColumnStretch(column, 1);
    QLabel *proofName = plainLabel(tr("Detection, by drills"));
    m_proof = valueLabel();
    m_proof->setAccessibleName(proofName->text());
    m_names.append(proofName);
    m_values.append(m_proof);
    auto *column = new QVBoxLayout(frame);
    column->addLayout(signs);
    column->addWidget(m_sentence);
    column->addLayout(facts);
    column->addWidget(proofName);
    column->addWidget(m_proof);
    m_columns.append(column);
    return frame;
}

QLabel *InsightDetail::addFact(QGridLayout &grid, const QString &name, int column)
{
    QLabel *label = plainLabel(name);
    QLabel *value = valueLabel();
    value->setAccessibleName(name);
    grid.addWidget(label, 0, column, Qt::AlignTop);
    grid.addWidget(value, 1, column, Qt::AlignTop);
    m_names.append(label);
    m_values.append(value);
    return value;
}

QWidget *InsightDetail::buildVerdict()
{
    auto *frame = new PanelFrame(m_look);
    m_verdict = new VerdictBar(m_look, m_time);
    auto *column = new QVBoxLayout(frame);
    column->addWidget(m_verdict);
    m_columns.append(column);
    return frame;
}

QWidget *InsightDetail::buildChain()
{
    auto *frame = new PanelFrame(m_look);
    auto *title = plainLabel(tr("Chain of evidence"));
    m_chainHint = plainLabel(tr("bars: how unsure the clock is \u00b7 dashed: order not asserted"));
    m_chain = new ChainView(m_look, m_time);
    connect(m_chain, &ChainView::chosen, this, [this](int point) {
        m_table->selectRow(point);
        openRow(point);
    });
    auto *head = new QHBoxLayout;
    head->addWidget(title);
    head->addWidget(m_chainHint, 1);
    auto *column = new QVBoxLayout(frame);
    column->addLayout(head);
    column->addWidget(m_chain);
    m_titles.append(title);
    m_hints.append(m_chainHint);
    m_columns.append(column);
    return frame;
}

QWidget *InsightDetail::buildTable()
{
    auto *frame = new PanelFrame(m_look);
    auto *title = plainLabel(tr("Evidence"));
    m_tableHint = plainLabel();
    m_table = new TableView(m_look, evidenceColumns());
    m_table->setModel(&m_evidence);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setAccessibleName(tr("Evidence; Enter opens the event"));
    m_table->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    connect(m_table, &QAbstractItemView::activated, this, [this](const QModelIndex &index) { openRow(index.row()); });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &index) { m_chain->setCurrent(m_evidence.refAt(index.row()) ? index.row() : -1); });
    auto *head = new QHBoxLayout;
    head->addWidget(title);
    head->addWidget(m_tableHint, 1);
    auto *column = new QVBoxLayout(frame);
    column->addLayout(head);
    column->addWidget(m_table);
    m_titles.append(title);
    m_hints.append(m_tableHint);
    m_columns.append(column);
    return frame;
}

QWidget *InsightDetail::buildRest()
{
    auto *frame = new PanelFrame(m_look);
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(16);
    const auto add = [this, grid](const QString &name, int row, int column) {
        QLabel *label = plainLabel(name), *value = valueLabel();
        value->setAccessibleName(name);
        grid->addWidget(label, 2 * row, column, Qt::AlignTop);
        grid->addWidget(value, 2 * row + 1, column, Qt::AlignTop);
        m_names.append(label);
        return value;
    };
    m_against = add(tr("Speaks against it"), 0, 0);
    m_affected = add(tr("Affects"), 0, 1);
    m_settle = add(tr("Would settle it"), 1, 0);
    m_runbook = add(tr("Runbook step"), 1, 1);
    m_owners = add(tr("Owners"), 2, 1);
    for (const int column : {0, 1})
        grid->setColumnStretch(column, 1);
    auto *column = new QVBoxLayout(frame);
    column->addLayout(grid);
    m_columns.append(column);
    return frame;
}

void InsightDetail::setInsight(const InsightRow &row, const std::vector<Verdict> &history)
{
    const bool isSame = m_row && m_row->view.key() == row.view.key();
    const bool isSameChain = isSame && m_row->view.insight.evidence == row.view.insight.evidence
                             && m_row->view.insight.contradicting == row.view.insight.contradicting;
    m_row = row;
    m_verdict->setInsight(row.view.key(), history);
    if (!isSameChain) {
        m_evidence.setInsight(row.view.insight);
        m_chain->setChain(m_evidence.chain());
        m_table->fitColumns();
    }
    fillFacts();
    fillRest();
    fitTable();
    if (!isSame)
        verticalScrollBar()->setValue(0);
}

void InsightDetail::setProof(const ProofState &proof)
{
    m_proved = proof;
    const QString text = proofSentence(proof, m_time);
    if (m_proof->text() != text) // a selection in it survives
        m_proof->setText(text);
    const QString score = m_row ? scoreText(m_row->view.insight, proof.frequency) : QString();
    if (m_row && m_score->text() != score)
        m_score->setText(score);
}

QString InsightDetail::proofText() const { return m_proof->text(); }

void InsightDetail::fillFacts()
{
    const Theme &t = m_look.theme();
    const wire::Insight &insight = m_row->view.insight;
    m_severity->setSign(severitySign(m_row->view.severity, t));
    m_life->setSign(lifeSign(m_row->life, t));
    m_life->setToolTip(m_row->life == InsightLife::Abandoned
                           ? tr("Nobody will end it: its agent began anew, or nothing was heard of it for a day (of a server: two hours)")
                           : tr("Last told at %1").arg(m_time.textWithZone(m_row->view.toldNs, TimeStyle::DateSecond)));
    m_sentence->setText(text(insight.text));
    m_rule->setText(text(insight.rule));
    m_root->setText(insight.root.empty() ? tr("not known") : rootText(insight));
    m_span->setText(spanText(insight.fromNs, insight.toNs, m_time));
    m_node->setText(text(m_row->view.node));
    setProof(ProofState(m_proved));
}

QString InsightDetail::listed(const std::vector<std::string> &entities, std::size_t most, const QString &otherwise) const
{
    QStringList lines;
    for (const std::string &entity : entities)
        lines << text(entity);
    if (lines.isEmpty())
        return otherwise;
    const QString all = lines.join(QLatin1Char('\n'));
    return entities.size() < most ? all : tr("%1\n\u2026 and perhaps more: the list has room for %2").arg(all).arg(most);
}

void InsightDetail::fillRest()
{
    const wire::Insight &insight = m_row->view.insight;
    QStringList against;
    for (const std::string &line : insight.contradicting) {
        const auto ref = wire::parseEvidence(line);
        against << (ref ? text(ref->text) : text(line));
    }
    m_against->setText(against.isEmpty() ? tr("nothing that the rule looks for was seen") : against.join(QLatin1Char('\n')));
    m_affected->setText(listed(insight.affected, wire::Insight::mostAffected, tr("nothing else is known to be reached")));
    m_owners->setText(listed(insight.owners, wire::Insight::mostOwners, tr("no workload is known to own it")));
    m_settle->setText(insight.settle.empty() ? tr("the rule names nothing") : text(insight.settle));
    m_runbook->setText(insight.runbook.empty() ? tr("the rule names none") : text(insight.runbook));
    const auto shown = static_cast<std::uint64_t>(insight.evidence.size());
    m_tableHint->setText(shown < insight.evidenceCount
                             ? tr("%1 of %2: the agent sends those that the rule is about").arg(shown).arg(insight.evidenceCount)
                             : tr("%n event(s), all of them", nullptr, static_cast<int>(shown)));
}

/// As high as its rows: the page scrolls, not the table in it.
void InsightDetail::fitTable()
{
    const Theme &t = m_look.theme();
    const int rows = std::clamp(m_evidence.rowCount(), 1, mostRowsShown);
    m_table->setFixedHeight(m_table->horizontalHeader()->sizeHint().height() + rows * t.rowHeight() + 4);
}

void InsightDetail::openRow(int row)
{
    if (const wire::EvidenceRef *ref = m_evidence.refAt(row))
        emit evidenceWanted(*ref);
}

/// Fonts that were set before the parts had their place in the window are lost to the style sheet.
void InsightDetail::showEvent(QShowEvent *event)
{
    QScrollArea::showEvent(event);
    restyle();
}

void InsightDetail::restyle()
{
    const Theme &t = m_look.theme();
    m_body->layout()->setSpacing(t.px(8));
    m_body->layout()->setContentsMargins(0, 0, t.px(6), 0);
    for (QVBoxLayout *column : std::as_const(m_columns)) {
        column->setContentsMargins(t.px(12), t.px(10), t.px(12), t.px(10));
        column->setSpacing(t.px(6));
    }
    styleLabel(m_sentence, t.font(FontRole::Headline), t.text.primary);
    for (QLabel *label : std::as_const(m_titles))
        styleLabel(label, t.font(FontRole::PanelTitle, QFont::DemiBold), t.text.primary);
    for (QLabel *label : std::as_const(m_hints))
        styleLabel(label, t.font(FontRole::Label), t.text.tertiary);
    for (QLabel *label : std::as_const(m_names))
        styleLabel(label, t.font(FontRole::Label), t.text.tertiary);
    for (QLabel *label : std::as_const(m_values))
        styleLabel(label, t.font(FontRole::Body, QFont::Medium), t.text.primary);
    for (QLabel *label : {m_rule, m_root, m_span, m_node})
        styleLabel(label, t.font(FontRole::Mono), t.text.primary);
    for (QLabel *label : {m_against, m_settle, m_affected, m_owners, m_runbook, m_proof})
        styleLabel(label, t.font(FontRole::Body), t.text.primary);
    if (m_row)
        fillFacts();
    fitTable();
}

} // namespace tapio::console
