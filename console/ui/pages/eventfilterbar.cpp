// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/eventfilterbar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QStyle>

#include <algorithm>

#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/glyphs.h"

namespace tapio::console {

namespace {

constexpr wire::Severity severities[] = {wire::Severity::Debug,   wire::Severity::Info,  wire::Severity::Notice,
                                         wire::Severity::Warning, wire::Severity::Error, wire::Severity::Critical};

QString typeName(wire::EventType type) { return QString::fromStdString(wire::eventTypeName(type)); }

} // namespace

EventFilterBar::EventFilterBar(UiContext context, QWidget *parent) : QWidget(parent), m_context(context)
{
    const Look look{context.themes, context.icons};
    m_types = new BarButton(look);
    m_severity = new BarButton(look);
    m_order = new BarButton(look);
    m_clear = new BarButton(look);
    m_text = new QLineEdit;
    m_pod = new QLineEdit;
    m_pid = new QLineEdit;
    m_problem = new QLabel;
    m_right = new QWidget;
    m_types->setChevron(true);
    m_types->setIconName(QStringLiteral("filter"));
    m_types->setMaximumTextWidth(180);
    m_severity->setChevron(true);
    m_clear->setFlat(true);
    m_clear->setIconName(QStringLiteral("close"));
    m_clear->setAccessibleName(tr("Clear the filter"));
    m_clear->setToolTip(tr("Clear the filter"));
    m_text->setPlaceholderText(tr("Text in event, command, pod or container"));
    m_text->setAccessibleName(m_text->placeholderText());
    m_text->setClearButtonEnabled(true);
    m_pod->setPlaceholderText(tr("Pod, exact name"));
    m_pod->setAccessibleName(m_pod->placeholderText());
    m_pid->setPlaceholderText(tr("pid"));
    m_pid->setAccessibleName(m_pid->placeholderText());
    m_pid->setToolTip(tr("Connections that were told together, of several processes of a program, have no pid"));
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->hide();
    auto *rightRow = new QHBoxLayout(m_right);
    rightRow->setContentsMargins(0, 0, 0, 0);
    auto *row = new QHBoxLayout;
    row->addWidget(m_text, 3);
    row->addWidget(m_types);
    row->addWidget(m_severity);
    row->addWidget(m_pod, 2);
    row->addWidget(m_pid);
    row->addWidget(m_clear);
    row->addStretch(1);
    row->addWidget(m_order);
    row->addWidget(m_right);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addLayout(row);
    column->addWidget(m_problem);
    m_typed.setSingleShot(true);
    m_typed.setInterval(250);
    connect(&m_typed, &QTimer::timeout, this, &EventFilterBar::filterChanged);
    for (QLineEdit *field : {m_text, m_pod, m_pid}) {
        connect(field, &QLineEdit::textEdited, this, &EventFilterBar::check);
        connect(field, &QLineEdit::textChanged, this, &EventFilterBar::refresh);
        connect(field, &QLineEdit::returnPressed, this, [this] {
            if (problem().isEmpty())
                emit filterChanged();
        });
    }
    connect(m_text, &QLineEdit::textChanged, this, [this](const QString &text) {
        if (text.isEmpty())
            check();
    });
    connect(m_types, &QAbstractButton::clicked, this, &EventFilterBar::openTypes);
    connect(m_severity, &QAbstractButton::clicked, this, &EventFilterBar::openSeverities);
    connect(m_clear, &QAbstractButton::clicked, this, &EventFilterBar::clear);
    connect(m_order, &QAbstractButton::clicked, this, [this] {
        if (m_sortedBy.isEmpty())
            setNewestFirst(!m_newestFirst);
        else
            emit timeOrderWanted();
    });
    connect(&context.themes, &ThemeStore::themeChanged, this, &EventFilterBar::refresh);
    refresh();
}

void EventFilterBar::addRight(QWidget *widget) { m_right->layout()->addWidget(widget); }

EventFilterInput EventFilterBar::input() const
{
    EventFilterInput input;
    input.types = m_chosenTypes;
    input.minSeverity = m_minSeverity;
    input.node = m_context.shell.scopeNode();
    input.namespaceName = m_context.shell.scopeNamespace();
    input.pod = m_pod->text();
    input.pid = m_pid->text();
    input.text = m_text->text();
    input.newestFirst = m_newestFirst;
    return input;
}

void EventFilterBar::setInput(const EventFilterInput &input)
{
    m_chosenTypes = input.types;
    m_minSeverity = input.minSeverity;
    m_newestFirst = input.newestFirst;
    m_pod->setText(input.pod);
    m_pid->setText(input.pid);
    m_text->setText(input.text);
    m_typed.stop();
    refresh();
    if (problem().isEmpty())
        emit filterChanged();
}

void EventFilterBar::clear()
{
    EventFilterInput empty;
    empty.newestFirst = m_newestFirst;
    setInput(empty);
}

void EventFilterBar::setNewestFirst(bool newestFirst)
{
    if (m_newestFirst == newestFirst)
        return;
    m_newestFirst = newestFirst;
    refresh();
    emit filterChanged();
}

void EventFilterBar::setSortedBy(const QString &column)
{
    if (m_sortedBy == column)
        return;
    m_sortedBy = column;
    refresh();
}

QString EventFilterBar::problem() const
{
    const auto query = toQuery(input());
    return query ? QString() : QString::fromStdString(query.error().context());
}

void EventFilterBar::check()
{
    refresh();
    if (problem().isEmpty())
        m_typed.start();
    else
        m_typed.stop();
}

void EventFilterBar::refresh()
{
    const Theme &t = m_context.themes.theme();
    layout()->itemAt(0)->layout()->setSpacing(t.px(8));
    m_pid->setFixedWidth(t.px(84));
    m_pod->setMaximumWidth(t.px(220));
    m_text->setMaximumWidth(t.px(360));
    m_types->setText(m_chosenTypes.empty()       ? tr("All types")
                     : m_chosenTypes.size() == 1 ? typeName(m_chosenTypes.front())
                                                 : tr("%1 types").arg(m_chosenTypes.size()));
    m_types->setActive(!m_chosenTypes.empty());
    const QString severity = severitySign(m_minSeverity, t).word;
    m_severity->setText(m_minSeverity == wire::Severity::Debug      ? tr("Any severity")
                        : m_minSeverity == wire::Severity::Critical ? severity
                                                                    : tr("%1 and above").arg(severity));
    m_severity->setActive(m_minSeverity != wire::Severity::Debug);
    const bool byTime = m_sortedBy.isEmpty();
    m_order->setIconName(!byTime ? QStringLiteral("close") : m_newestFirst ? QStringLiteral("sort-down") : QStringLiteral("sort-up"));
    m_order->setText(!byTime ? tr("By %1").arg(m_sortedBy) : m_newestFirst ? tr("Newest first") : tr("Oldest first"));
    m_order->setActive(!byTime);
    m_order->setToolTip(byTime ? tr("Turn the order round") : tr("Back to the order of time"));
    m_order->setAccessibleDescription(m_order->toolTip());
    EventFilterInput own = input();
    own.node.clear();
    own.namespaceName.clear();
    m_clear->setVisible(!own.isEmpty());
    const QString wrong = problem();
    m_problem->setVisible(!wrong.isEmpty());
    m_problem->setText(wrong);
    QPalette palette = m_problem->palette();
    palette.setColor(QPalette::WindowText, t.meaning.p1);
    m_problem->setPalette(palette);
    const bool pidWrong = wrong.startsWith(QLatin1String("pid"));
    if (m_pid->property("problem").toBool() != pidWrong) {
        m_pid->setProperty("problem", pidWrong);
        m_pid->style()->unpolish(m_pid);
        m_pid->style()->polish(m_pid);
    }
    for (BarButton *button : {m_types, m_severity, m_order})
        button->updateGeometry();
}

void EventFilterBar::openTypes()
{
    QMenu menu(this);
    const auto set = [this](std::vector<wire::EventType> types) {
        m_chosenTypes = std::move(types);
        refresh();
        if (problem().isEmpty())
            emit filterChanged();
    };
    QAction *all = menu.addAction(tr("All types"), this, [set] { set({}); });
    all->setCheckable(true);
    all->setChecked(m_chosenTypes.empty());
    menu.addSeparator();
    for (const wire::EventType type : wire::knownEventTypes()) {
        const bool on = std::find(m_chosenTypes.begin(), m_chosenTypes.end(), type) != m_chosenTypes.end();
        QAction *action = menu.addAction(typeName(type), this, [this, set, type, on] {
            std::vector<wire::EventType> types = m_chosenTypes;
            if (on)
                std::erase(types, type);
            else
                types.push_back(type);
            set(std::move(types));
        });
        action->setCheckable(true);
        action->setChecked(on);
    }
    menu.exec(m_types->mapToGlobal(QPoint(0, m_types->height() + 4)));
}

void EventFilterBar::openSeverities()
{
    QMenu menu(this);
    for (const wire::Severity severity : severities) {
        const QString word = severitySign(severity, m_context.themes.theme()).word;
        const QString text = severity == wire::Severity::Debug      ? tr("Any severity")
                             : severity == wire::Severity::Critical ? word
                                                                    : tr("%1 and above").arg(word);
        QAction *action = menu.addAction(text, this, [this, severity] {
            m_minSeverity = severity;
            refresh();
            if (problem().isEmpty())
                emit filterChanged();
        });
        action->setCheckable(true);
        action->setChecked(severity == m_minSeverity);
    }
    menu.exec(m_severity->mapToGlobal(QPoint(0, m_severity->height() + 4)));
}

} // namespace tapio::console
