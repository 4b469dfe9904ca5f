// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/insightfilterbar.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>

#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/glyphs.h"

namespace tapio::console {

namespace {

using State = InsightFilter::State;

std::vector<std::pair<QString, State>> states()
{
    return {{InsightFilterBar::tr("Any state"), State::Any},
            {InsightFilterBar::tr("Open"), State::Open},
            {InsightFilterBar::tr("Over"), State::Over}};
}

std::vector<std::pair<QString, VerdictFilter>> verdicts()
{
    return {{InsightFilterBar::tr("Any verdict"), VerdictFilter::Any},
            {InsightFilterBar::tr("Without a verdict"), VerdictFilter::None},
            {InsightFilterBar::tr("Confirmed"), VerdictFilter::Confirmed},
            {InsightFilterBar::tr("Rejected"), VerdictFilter::Rejected}};
}

std::vector<std::pair<QString, wire::Severity>> severities(const Theme &theme)
{
    std::vector<std::pair<QString, wire::Severity>> all{{InsightFilterBar::tr("Any severity"), wire::Severity::Debug}};
    for (const wire::Severity severity : {wire::Severity::Notice, wire::Severity::Warning, wire::Severity::Error})
        all.emplace_back(InsightFilterBar::tr("%1 and above").arg(severitySign(severity, theme).word), severity);
    all.emplace_back(severitySign(wire::Severity::Critical, theme).word, wire::Severity::Critical);
    return all;
}

std::vector<std::pair<QString, InsightOrder>> orders()
{
    return {{InsightFilterBar::tr("Newest first"), InsightOrder::Newest},
            {InsightFilterBar::tr("Last told first"), InsightOrder::Told},
            {InsightFilterBar::tr("Worst first"), InsightOrder::Severity},
            {InsightFilterBar::tr("Most evidence first"), InsightOrder::Evidence}};
}

template <typename Value> QString nameOf(const std::vector<std::pair<QString, Value>> &choices, const Value &value)
{
    for (const auto &[name, choice] : choices) {
        if (choice == value)
            return name;
    }
    return {};
}

} // namespace

InsightFilterBar::InsightFilterBar(UiContext context, QWidget *parent)
    : QWidget(parent), m_context(context), m_row(new QHBoxLayout(this)), m_text(new QLineEdit)
{
    const Look look{context.themes, context.icons};
    for (BarButton **button : {&m_state, &m_severity, &m_rule, &m_verdict, &m_clear, &m_sort})
        *button = new BarButton(look);
    for (BarButton *button : {m_state, m_severity, m_rule, m_verdict, m_sort})
        button->setChevron(true);
    m_rule->setMaximumTextWidth(160);
    m_clear->setIconName(QStringLiteral("close"));
    m_clear->setAccessibleName(tr("Clear the filter"));
    m_clear->setToolTip(tr("Clear the filter"));
    m_text->setPlaceholderText(tr("Text in sentence, root, rule or evidence"));
    m_text->setAccessibleName(m_text->placeholderText());
    m_text->setClearButtonEnabled(true);
    m_row->setContentsMargins(0, 0, 0, 0);
    m_row->addWidget(m_text, 3);
    for (BarButton *button : {m_state, m_severity, m_rule, m_verdict, m_clear})
        m_row->addWidget(button);
    m_row->addStretch(1);
    m_row->addWidget(m_sort);
    m_typed.setSingleShot(true);
    m_typed.setInterval(250);
    connect(&m_typed, &QTimer::timeout, this, &InsightFilterBar::changed);
    connect(m_text, &QLineEdit::textEdited, this, [this] { m_typed.start(); });
    connect(m_text, &QLineEdit::returnPressed, this, &InsightFilterBar::changed);
    connect(m_text, &QLineEdit::textChanged, this, [this](const QString &text) {
        if (text.isEmpty())
            m_typed.start();
    });
    connect(m_state, &QAbstractButton::clicked, this, [this] { choose(*m_state, states(), m_filter.state); });
    connect(m_severity, &QAbstractButton::clicked, this,
            [this] { choose(*m_severity, severities(m_context.themes.theme()), m_filter.minSeverity); });
    connect(m_rule, &QAbstractButton::clicked, this, [this] {
        std::vector<std::pair<QString, QString>> rules{{tr("All rules"), QString()}};
        for (const std::string &rule : m_rules)
            rules.emplace_back(QString::fromStdString(rule), QString::fromStdString(rule));
        choose(*m_rule, rules, m_filter.rule);
    });
    connect(m_verdict, &QAbstractButton::clicked, this, [this] { choose(*m_verdict, verdicts(), m_filter.judged); });
    connect(m_clear, &QAbstractButton::clicked, this, &InsightFilterBar::clear);
    connect(m_sort, &QAbstractButton::clicked, this, [this] {
        InsightOrder chosen = m_order;
        QMenu menu(this);
        for (const auto &[name, order] : orders()) {
            QAction *action = menu.addAction(name, this, [&chosen, value = order] { chosen = value; });
            action->setCheckable(true);
            action->setChecked(order == m_order);
        }
        menu.exec(m_sort->mapToGlobal(QPoint(0, m_sort->height() + 4)));
        setOrder(chosen);
    });
    connect(&context.themes, &ThemeStore::themeChanged, this, &InsightFilterBar::refresh);
    refresh();
}

template <typename Value>
void InsightFilterBar::choose(BarButton &under, const std::vector<std::pair<QString, Value>> &choices, Value &chosen)
{
    QMenu menu(this);
    for (const auto &[name, value] : choices) {
        QAction *action = menu.addAction(name, this, [this, &chosen, choice = value] {
            chosen = choice;
            changed();
        });
        action->setCheckable(true);
        action->setChecked(value == chosen);
    }
    menu.exec(under.mapToGlobal(QPoint(0, under.height() + 4)));
}

void InsightFilterBar::addRight(QWidget *widget) { m_row->addWidget(widget); }

InsightFilter InsightFilterBar::filter() const
{
    InsightFilter filter = m_filter;
    filter.text = m_text->text();
    return filter;
}

void InsightFilterBar::setFilter(const InsightFilter &filter)
{
    m_filter = filter;
    m_text->setText(filter.text);
    changed();
}

void InsightFilterBar::setOrder(InsightOrder order)
{
    if (m_order == order)
        return;
    m_order = order;
    refresh();
    emit orderChanged();
}

void InsightFilterBar::changed()
{
    m_typed.stop();
    refresh();
    emit filterChanged();
}

void InsightFilterBar::refresh()
{
    const Theme &t = m_context.themes.theme();
    m_row->setSpacing(t.px(8));
    m_text->setMaximumWidth(t.px(340));
    m_state->setText(nameOf(states(), m_filter.state));
    m_state->setActive(m_filter.state != State::Any);
    const QString severity = nameOf(severities(t), m_filter.minSeverity);
    m_severity->setText(severity.isEmpty() ? tr("%1 and above").arg(severitySign(m_filter.minSeverity, t).word) : severity);
    m_severity->setActive(m_filter.minSeverity != wire::Severity::Debug);
    const auto rules = static_cast<int>(m_filter.rule.count(QLatin1Char(','))) + 1;
    m_rule->setText(m_filter.rule.isEmpty() ? tr("All rules") : rules == 1 ? m_filter.rule : tr("%n rule(s)", nullptr, rules));
    m_rule->setActive(!m_filter.rule.isEmpty());
    m_verdict->setText(nameOf(verdicts(), m_filter.judged));
    m_verdict->setActive(m_filter.judged != VerdictFilter::Any);
    m_clear->setVisible(!filter().isEmpty());
    m_sort->setText(nameOf(orders(), m_order));
    for (BarButton *button : {m_state, m_severity, m_rule, m_verdict, m_sort})
        button->updateGeometry();
}

} // namespace tapio::console
