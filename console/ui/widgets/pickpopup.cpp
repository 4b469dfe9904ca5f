// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/pickpopup.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QScreen>
#include <QVBoxLayout>

namespace tapio::console {

namespace {
constexpr int nameRole = Qt::UserRole;
constexpr int shownRows = 10;
} // namespace

PickPopup::PickPopup(Look look, Options options, QStringList names, QString current, QWidget *parent)
    : QFrame(parent, Qt::Popup), m_look(look), m_options(std::move(options)), m_names(std::move(names)), m_current(std::move(current)),
      m_edit(new QLineEdit), m_list(new QListWidget)
{
    setAttribute(Qt::WA_DeleteOnClose);
    const Theme &t = look.theme();
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(t.px(6), t.px(6), t.px(6), t.px(6));
    column->setSpacing(t.px(4));
    column->addWidget(m_edit);
    column->addWidget(m_list);
    m_edit->setPlaceholderText(m_options.placeholder);
    m_edit->setAccessibleName(m_options.placeholder);
    m_edit->installEventFilter(this);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setUniformItemSizes(true);
    m_list->setTextElideMode(Qt::ElideMiddle);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->viewport()->setAutoFillBackground(false); // its ground is the popup's
    connect(m_edit, &QLineEdit::textChanged, this, &PickPopup::refill);
    connect(m_list, &QListWidget::itemClicked, this, &PickPopup::accept);
    connect(&look.themes, &ThemeStore::themeChanged, this, &PickPopup::restyle);
    restyle();
    refill();
}

void PickPopup::restyle()
{
    QPalette palette = m_list->palette();
    palette.setColor(QPalette::Highlight, m_look.theme().surface.hover);
    m_list->setPalette(palette);
}

void PickPopup::refill()
{
    const QString typed = m_edit->text().trimmed();
    m_list->clear();
    const auto add = [this](const QString &text, const QString &name) {
        auto *item = new QListWidgetItem(text, m_list);
        item->setData(nameRole, name);
        item->setSizeHint(QSize(0, m_look.theme().px(26)));
        if (name == m_current)
            m_list->setCurrentItem(item);
    };
    if (typed.isEmpty())
        add(m_options.allText, QString());
    for (const QString &name : std::as_const(m_names))
        if (name.contains(typed, Qt::CaseInsensitive))
            add(name, name);
    if (m_options.freeText && !typed.isEmpty() && !m_names.contains(typed))
        add(tr("Use \u201c%1\u201d").arg(typed), typed);
    if (m_names.isEmpty() && typed.isEmpty()) {
        auto *item = new QListWidgetItem(m_options.emptyText, m_list);
        item->setFlags(Qt::NoItemFlags);
        item->setSizeHint(QSize(0, m_look.theme().px(26)));
    }
    if (!m_list->currentItem() && m_list->count() > 0)
        m_list->setCurrentRow(0);
    const int rows = std::clamp(m_list->count(), 1, shownRows);
    m_list->setFixedHeight(rows * m_look.theme().px(26) + 2);
    adjustSize();
}

void PickPopup::accept()
{
    const QListWidgetItem *item = m_list->currentItem();
    if (!item || !(item->flags() & Qt::ItemIsEnabled))
        return;
    emit picked(item->data(nameRole).toString());
    close();
}

bool PickPopup::eventFilter(QObject *object, QEvent *event)
{
    if (object != m_edit || event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(object, event);
    const int key = static_cast<QKeyEvent *>(event)->key();
    const int row = m_list->currentRow();
    switch (key) {
    case Qt::Key_Down: m_list->setCurrentRow(std::min(row + 1, m_list->count() - 1)); return true;
    case Qt::Key_Up: m_list->setCurrentRow(std::max(row - 1, 0)); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter: accept(); return true;
    case Qt::Key_Escape: close(); return true;
    default: return QFrame::eventFilter(object, event);
    }
}

void PickPopup::popUp(const QWidget &anchor)
{
    setFixedWidth(std::max(anchor.width(), m_look.theme().px(260)));
    adjustSize();
    QPoint at = anchor.mapToGlobal(QPoint(0, anchor.height() + m_look.theme().px(4)));
    const QRect screen = anchor.screen()->availableGeometry();
    at.setX(std::clamp(at.x(), screen.left(), std::max(screen.left(), screen.right() - width())));
    move(at);
    show();
    m_edit->setFocus(Qt::PopupFocusReason);
}

void PickPopup::paintEvent(QPaintEvent *)
{
    const Theme &t = m_look.theme();
    QPainter painter(this);
    painter.fillRect(rect(), t.border.standard);
    painter.fillRect(rect().adjusted(1, 1, -1, -1), t.surface.raised);
}

} // namespace tapio::console
