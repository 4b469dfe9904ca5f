// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/drawer.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>

#include "console/ui/widgets/barbutton.h"

namespace tapio::console {

namespace {

QLabel *emptyLabel(const QString &text)
{
    auto *label = new QLabel(text);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    label->setMargin(16);
    label->setForegroundRole(QPalette::PlaceholderText);
    return label;
}

} // namespace

Drawer::Drawer(Look look, QWidget *parent)
    : QWidget(parent), m_look(look), m_bar(new QTabBar), m_title(new QLabel), m_stack(new QStackedWidget), m_dock(new BarButton(look)),
      m_close(new BarButton(look))
{
    setAttribute(Qt::WA_OpaquePaintEvent);
    m_tabs[0].empty = emptyLabel(tr("How a panel's figure is computed appears here: focus a panel and choose \u0192."));
    m_tabs[1].empty = emptyLabel(tr("Details of a chosen row appear here: select an event or a connection."));
    m_bar->addTab(tr("How computed"));
    m_bar->addTab(tr("Inspector"));
    m_bar->setExpanding(false);
    m_bar->setAccessibleName(tr("Drawer"));
    m_dock->setFlat(true);
    m_dock->setIconName(QStringLiteral("pin"));
    m_dock->setCheckable(true);
    m_close->setFlat(true);
    m_close->setIconName(QStringLiteral("close"));
    m_close->setAccessibleName(tr("Close the drawer"));
    m_close->setToolTip(tr("Close (Esc)"));
    m_title->setTextFormat(Qt::PlainText);
    m_title->setWordWrap(true);
    auto *head = new QHBoxLayout;
    head->addWidget(m_bar, 1);
    head->addWidget(m_dock);
    head->addWidget(m_close);
    auto *column = new QVBoxLayout(this);
    column->addLayout(head);
    column->addWidget(m_title);
    column->addWidget(m_stack, 1);
    for (Tab &tab : m_tabs)
        m_stack->addWidget(tab.empty);
    connect(m_bar, &QTabBar::currentChanged, this, &Drawer::refreshTitle);
    connect(m_close, &QAbstractButton::clicked, this, &Drawer::closeRequested);
    connect(m_dock, &QAbstractButton::clicked, this, &Drawer::dockToggled);
    connect(&look.themes, &ThemeStore::themeChanged, this, &Drawer::restyle);
    restyle();
    setDocked(false);
    showTab(DrawerTab::Inspector);
}

void Drawer::restyle()
{
    const Theme &t = m_look.theme();
    m_title->setFont(t.font(FontRole::PageTitle));
    m_title->setContentsMargins(t.px(16), t.px(12), t.px(16), t.px(8));
    layout()->setContentsMargins(1, t.px(6), 0, 0);
    layout()->setSpacing(0);
    update();
}

void Drawer::setDocked(bool docked)
{
    m_dock->setChecked(docked);
    m_dock->setAccessibleName(docked ? tr("Let the drawer float over the page") : tr("Dock the drawer beside the page"));
    m_dock->setToolTip(m_dock->accessibleName());
}

void Drawer::setContent(DrawerTab tab, const QString &title, QWidget *content)
{
    Tab &slot = m_tabs[static_cast<std::size_t>(tab)];
    if (slot.content && slot.content != content)
        slot.content->deleteLater();
    if (slot.content != content && content)
        m_stack->addWidget(content);
    slot.title = title;
    slot.content = content;
    refreshTitle();
}

const QWidget *Drawer::current() const { return m_tabs[static_cast<std::size_t>(std::clamp(m_bar->currentIndex(), 0, 1))].content; }

void Drawer::showTab(DrawerTab tab)
{
    m_bar->setCurrentIndex(static_cast<int>(tab));
    refreshTitle();
}

void Drawer::refreshTitle()
{
    const Tab &tab = m_tabs[static_cast<std::size_t>(std::clamp(m_bar->currentIndex(), 0, 1))];
    m_title->setText(tab.title);
    m_title->setVisible(tab.content && !tab.title.isEmpty());
    m_stack->setCurrentWidget(tab.content ? tab.content.data() : tab.empty);
}

void Drawer::paintEvent(QPaintEvent *)
{
    const Theme &t = m_look.theme();
    QPainter painter(this);
    painter.fillRect(rect(), t.surface.rail);
    painter.fillRect(QRect(0, 0, 1, height()), t.border.standard);
}

} // namespace tapio::console
