// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/verdictbar.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

namespace tapio::console {

namespace {

QLabel *plainLabel()
{
    auto *label = new QLabel;
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

} // namespace

VerdictBar::VerdictBar(Look look, const TimeDisplay &time, QWidget *parent)
    : QWidget(parent), m_look(look), m_time(time), m_words(plainLabel()), m_before(plainLabel()), m_hint(plainLabel()),
      m_reason(new QLineEdit), m_confirm(new QPushButton(tr("Confirm"))), m_reject(new QPushButton(tr("Reject"))),
      m_withdraw(new QPushButton(tr("Withdraw")))
{
    m_reason->setPlaceholderText(tr("Reason: what was seen that makes it right or wrong"));
    m_reason->setAccessibleName(tr("Reason of the verdict"));
    m_reason->setMaxLength(static_cast<int>(Verdict::mostReasonBytes / 4)); // of at most four bytes each
    m_confirm->setToolTip(tr("The insight is right"));
    m_reject->setToolTip(tr("The insight is wrong"));
    m_withdraw->setToolTip(tr("Take the verdict back; what was said stays in the history"));
    auto *row = new QHBoxLayout;
    row->addWidget(m_reason, 1);
    row->addWidget(m_confirm);
    row->addWidget(m_reject);
    row->addWidget(m_withdraw);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_words);
    column->addLayout(row);
    column->addWidget(m_hint);
    column->addWidget(m_before);
    connect(m_confirm, &QPushButton::clicked, this, [this] { give(VerdictKind::Confirmed); });
    connect(m_reject, &QPushButton::clicked, this, [this] { give(VerdictKind::Rejected); });
    connect(m_withdraw, &QPushButton::clicked, this, [this] { give(VerdictKind::Withdrawn); });
    connect(m_reason, &QLineEdit::textChanged, this, [this] { m_hint->hide(); });
    connect(m_reason, &QLineEdit::returnPressed, this, [this] {
        if (m_onEnter != VerdictKind::Unknown)
            give(m_onEnter);
    });
    connect(&time, &TimeDisplay::changed, this, &VerdictBar::refresh);
    connect(&look.themes, &ThemeStore::themeChanged, this, &VerdictBar::restyle);
    restyle();
}

void VerdictBar::setInsight(const InsightKey &key, const std::vector<Verdict> &history)
{
    if (key != m_key) {
        m_reason->clear();
        m_reason->clearFocus(); // what is typed on would be of the other one
        m_hint->hide();
        m_onEnter = VerdictKind::Unknown;
    }
    m_key = key;
    m_history = history;
    refresh();
}

void VerdictBar::setWaiting(bool waiting, const QString &why)
{
    m_waiting = waiting;
    m_why = why;
    refresh();
}

void VerdictBar::begin(VerdictKind kind)
{
    m_onEnter = kind;
    m_reason->setFocus(Qt::ShortcutFocusReason);
    m_hint->setText(kind == VerdictKind::Confirmed ? tr("Enter confirms it") : tr("Enter rejects it"));
    m_hint->show();
}

void VerdictBar::give(VerdictKind kind)
{
    const QString reason = m_reason->text().trimmed();
    if (reason.isEmpty() && kind != VerdictKind::Withdrawn) {
        begin(kind);
        m_hint->setText(kind == VerdictKind::Confirmed ? tr("A verdict needs a reason: write what was seen, then Enter confirms it")
                                                       : tr("A verdict needs a reason: write what was seen, then Enter rejects it"));
        return;
    }
    m_onEnter = VerdictKind::Unknown;
    m_hint->hide();
    emit given(kind, reason);
}

void VerdictBar::accepted() { m_reason->clear(); }

void VerdictBar::keyPressEvent(QKeyEvent *event)
{
    if (event->key() != Qt::Key_Escape || !m_reason->hasFocus()) {
        QWidget::keyPressEvent(event);
        return;
    }
    m_onEnter = VerdictKind::Unknown;
    m_hint->hide();
    m_reason->clearFocus();
}

void VerdictBar::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    restyle();
}

void VerdictBar::refresh()
{
    const bool given = !m_history.empty() && m_history.back().kind != VerdictKind::Withdrawn;
    if (m_waiting)
        m_words->setText(m_why.isEmpty() ? tr("Storing the verdict\u2026") : tr("Not stored yet: %1").arg(m_why));
    else if (m_history.empty())
        m_words->setText(tr("No verdict yet. Verdicts say how often a rule is right."));
    else
        m_words->setText(given ? tr("Verdict: %1").arg(verdictLine(m_history.back(), m_time))
                               : tr("No verdict: %1").arg(verdictLine(m_history.back(), m_time)));
    QStringList before;
    for (auto verdict = m_history.rbegin(); verdict != m_history.rend(); ++verdict) {
        if (verdict != m_history.rbegin())
            before << tr("Before: %1").arg(verdictLine(*verdict, m_time));
    }
    m_before->setText(before.join(QLatin1Char('\n')));
    m_before->setVisible(!before.isEmpty());
    m_withdraw->setVisible(given);
    for (QPushButton *button : {m_confirm, m_reject, m_withdraw})
        button->setEnabled(!m_waiting);
}

void VerdictBar::restyle()
{
    const Theme &t = m_look.theme();
    layout()->setSpacing(t.px(6));
    static_cast<QHBoxLayout *>(layout()->itemAt(1)->layout())->setSpacing(t.px(8));
    m_words->setFont(t.font(FontRole::Body, QFont::Medium));
    for (QLabel *label : {m_before, m_hint}) {
        label->setFont(t.font(FontRole::Label));
        QPalette colors = label->palette();
        colors.setColor(QPalette::WindowText, label == m_hint ? t.accent.base : t.text.tertiary);
        label->setPalette(colors);
    }
    m_hint->setVisible(m_onEnter != VerdictKind::Unknown);
    refresh();
}

} // namespace tapio::console
