// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QScrollArea>

#include <optional>

#include "console/ui/models/evidencemodel.h"
#include "console/ui/models/insighttext.h"
#include "console/ui/widgets/look.h"
#include "console/ui/widgets/prooftext.h"

class QGridLayout;
class QLabel;
class QVBoxLayout;

namespace tapio::console {

class BarButton;
class CallSection;
class ChainView;
class SignLabel;
class TableView;
class VerdictBar;

/// Everything about one insight: what happened, its facts, the verdict, the chain as picture and as table, what speaks against it, what would settle it,
/// what it reaches, the step of the runbook, and who calls whom around it. Texts are plain. GUI thread.
class InsightDetail : public QScrollArea {
    Q_OBJECT
public:
    InsightDetail(Look look, const TimeDisplay &time, QWidget *parent = nullptr);

    /// The same insight a moment later keeps the place that is read and what is typed.
    void setInsight(const InsightRow &row, const std::vector<Verdict> &history);
    /// How the drills proved its rule.
    void setProof(const ProofState &proof);
    QString proofText() const;
    const std::optional<InsightRow> &insight() const { return m_row; }
    VerdictBar &verdictBar() const { return *m_verdict; }
    CallSection &calls() const { return *m_calls; }
    TableView &table() const { return *m_table; }
    const EvidenceModel &evidence() const { return m_evidence; }

protected:
    void showEvent(QShowEvent *event) override;

signals:
    void evidenceWanted(const tapio::wire::EvidenceRef &ref);
    void copyWanted(tapio::console::InsightFormat format);

private:
    QWidget *buildHead();
    QWidget *buildVerdict();
    QWidget *buildChain();
    QWidget *buildTable();
    QWidget *buildRest();
    QLabel *addFact(QGridLayout &grid, const QString &name, int column);
    void fillFacts();
    void fillRest();
    QString listed(const std::vector<std::string> &entities, std::size_t most, const QString &otherwise) const;
    void fitTable();
    void openRow(int row);
    void restyle();

    Look m_look;
    const TimeDisplay &m_time;
    std::optional<InsightRow> m_row;
    ProofState m_proved;
    EvidenceModel m_evidence;
    QWidget *m_body;
    QLabel *m_sentence = nullptr, *m_chainHint = nullptr, *m_tableHint = nullptr;
    SignLabel *m_severity = nullptr, *m_life = nullptr;
    QLabel *m_rule = nullptr, *m_score = nullptr, *m_root = nullptr, *m_span = nullptr, *m_node = nullptr;
    QLabel *m_against = nullptr, *m_settle = nullptr, *m_runbook = nullptr, *m_affected = nullptr, *m_owners = nullptr, *m_proof = nullptr;
    BarButton *m_copy = nullptr;
    VerdictBar *m_verdict = nullptr;
    CallSection *m_calls = nullptr;
    ChainView *m_chain = nullptr;
    TableView *m_table = nullptr;
    QList<QLabel *> m_titles, m_names, m_values, m_hints;
    QList<QVBoxLayout *> m_columns;
};

} // namespace tapio::console
