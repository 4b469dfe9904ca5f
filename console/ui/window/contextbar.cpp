// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/contextbar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>

#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/pickpopup.h"
#include "console/ui/window/rangecontrol.h"

namespace tapio::console {

namespace {
constexpr qsizetype maxSeenNames = 500;
}

ContextBar::ContextBar(UiContext context, QWidget *parent) : QWidget(parent), m_context(context)
{
    const Look look{context.themes, context.icons};
    m_title = new QLabel;
    m_title->setTextFormat(Qt::PlainText);
    m_nodeField = new BarButton(look);
    m_namespaceField = new BarButton(look);
    m_range = new RangeControl(context);
    m_pill = new StatePill(look);
    m_search = new BarButton(look);
    m_drawer = new BarButton(look);
    m_nodeField->setIconName(QStringLiteral("node"));
    m_namespaceField->setIconName(QStringLiteral("namespace"));
    m_search->setIconName(QStringLiteral("search"));
    m_search->setQuiet(true);
    m_drawer->setIconName(QStringLiteral("drawer"));
    m_drawer->setAccessibleName(tr("Drawer"));
    for (BarButton *field : {m_nodeField, m_namespaceField}) {
        field->setChevron(true);
        field->setMaximumTextWidth(180);
    }
    auto *row = new QHBoxLayout(this);
    row->addWidget(m_title);
    row->addSpacing(8);
    for (QWidget *widget : std::initializer_list<QWidget *>{m_nodeField, m_namespaceField, m_range, m_pill})
        row->addWidget(widget);
    row->addStretch(1);
    row->addWidget(m_search);
    row->addWidget(m_drawer);
    connect(m_nodeField, &QAbstractButton::clicked, this, &ContextBar::pickNode);
    connect(m_namespaceField, &QAbstractButton::clicked, this, &ContextBar::pickNamespace);
    connect(m_pill, &QAbstractButton::clicked, this, &ContextBar::stateClicked);
    connect(m_search, &QAbstractButton::clicked, this, &ContextBar::searchRequested);
    connect(m_drawer, &QAbstractButton::clicked, this, &ContextBar::drawerRequested);
    connect(m_range, &RangeControl::rangeChanged, this, &ContextBar::refreshState);
    connect(&context.themes, &ThemeStore::themeChanged, this, &ContextBar::fit);
    connect(&context.actions, &ActionRegistry::changed, this, &ContextBar::fit);
    refreshScope();
    refreshState();
    fit();
}

void ContextBar::setPage(const Page &page)
{
    m_title->setText(page.title());
    m_nodeField->setVisible(page.usesNodeScope());
    m_namespaceField->setVisible(page.usesNamespaceScope());
    m_range->setVisible(page.usesTimeRange());
    m_pill->setVisible(page.usesTimeRange());
}

void ContextBar::refreshState()
{
    m_range->refresh();
    const bool moving = isMoving(m_context.session.range());
    m_pill->setState(!moving ? StatePill::State::History : m_context.session.paused() ? StatePill::State::Paused : StatePill::State::Live);
    fit();
}

void ContextBar::setScope(const QString &node, const QString &namespaceName)
{
    if (m_node == node && m_namespace == namespaceName)
        return;
    m_node = node;
    m_namespace = namespaceName;
    refreshScope();
    emit scopeChanged();
}

void ContextBar::refreshScope()
{
    m_nodeField->setText(m_node.isEmpty() ? tr("All nodes") : m_node);
    m_nodeField->setActive(!m_node.isEmpty());
    m_nodeField->setAccessibleName(tr("Node: %1").arg(m_nodeField->text()));
    m_nodeField->setToolTip(m_node);
    m_namespaceField->setText(m_namespace.isEmpty() ? tr("All namespaces") : m_namespace);
    m_namespaceField->setActive(!m_namespace.isEmpty());
    m_namespaceField->setAccessibleName(tr("Namespace: %1").arg(m_namespaceField->text()));
    m_namespaceField->setToolTip(m_namespace);
    for (BarButton *field : {m_nodeField, m_namespaceField})
        field->updateGeometry();
    fit();
}

void ContextBar::addSeenNamespace(const QString &name)
{
    if (name.isEmpty() || m_namespaces.size() >= maxSeenNames)
        return;
    const auto at = std::lower_bound(m_namespaces.begin(), m_namespaces.end(), name);
    if (at == m_namespaces.end() || *at != name)
        m_namespaces.insert(at, name);
}

void ContextBar::pickNode()
{
    QStringList names;
    for (const wire::AgentState &agent : m_context.session.agents())
        names.append(QString::fromStdString(agent.node));
    names.sort();
    auto *popup = new PickPopup({m_context.themes, m_context.icons}, {tr("Node"), tr("All nodes"), tr("No agent is known yet"), true},
                                names, m_node, this);
    connect(popup, &PickPopup::picked, this, &ContextBar::setNode);
    popup->popUp(*m_nodeField);
}

void ContextBar::pickNamespace()
{
    auto *popup = new PickPopup(
        {m_context.themes, m_context.icons},
        {tr("Namespace"), tr("All namespaces"), tr("No namespace is known yet: no pod was seen whose name the node tells"), true},
        m_namespaces, m_namespace, this);
    connect(popup, &PickPopup::picked, this, &ContextBar::setNamespace);
    popup->popUp(*m_namespaceField);
}

void ContextBar::fit()
{
    const Theme &t = m_context.themes.theme();
    setFixedHeight(t.px(44));
    m_title->setFont(t.font(FontRole::PageTitle));
    layout()->setContentsMargins(t.px(16), 0, t.px(12), 0);
    layout()->setSpacing(t.px(8));
    // The words of the search field go first when the bar gets narrow.
    const bool words = width() >= t.px(1000);
    const QString key = m_context.actions.keyText(QStringLiteral("palette"));
    for (BarButton *field : {m_nodeField, m_namespaceField})
        field->setMaximumTextWidth(width() >= t.px(1200) ? 180 : 100);
    m_search->setText(words ? tr("Search or run a command") : QString());
    m_search->setTrailing(words ? key : QString());
    m_search->setAccessibleName(tr("Search or run a command"));
    m_search->setToolTip(words ? QString() : tr("Search or run a command (%1)").arg(key));
    const QString drawerKey = m_context.actions.keyText(QStringLiteral("drawer"));
    m_drawer->setToolTip(drawerKey.isEmpty() ? tr("Drawer") : tr("Drawer (%1)").arg(drawerKey));
}

void ContextBar::resizeEvent(QResizeEvent *) { fit(); }

void ContextBar::paintEvent(QPaintEvent *)
{
    const Theme &t = m_context.themes.theme();
    QPainter painter(this);
    painter.fillRect(rect(), t.surface.rail);
    painter.fillRect(QRect(0, height() - 1, width(), 1), t.border.subtle);
}

} // namespace tapio::console
