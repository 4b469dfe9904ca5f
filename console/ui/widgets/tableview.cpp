// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/tableview.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPainter>
#include <QRegularExpression>
#include <QSaveFile>

#include <algorithm>

#include "console/ui/widgets/focusring.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

namespace {

constexpr int measuredRows = 200;
constexpr int cellPadding = 8, signWidth = 8, signGap = 6;

Sign noticeSign(int kind, const Theme &t)
{
    switch (static_cast<wire::LinkNoticeKind>(kind)) {
    case wire::LinkNoticeKind::Accepted: return {Glyph::Disc, t.meaning.ok, TableView::tr("accepted")};
    case wire::LinkNoticeKind::Refused: return {Glyph::Triangle, t.meaning.p2, TableView::tr("refused")};
    case wire::LinkNoticeKind::Closed: return {Glyph::Ring, t.text.tertiary, TableView::tr("closed")};
    case wire::LinkNoticeKind::Unknown: break;
    }
    return {Glyph::DottedRing, t.text.tertiary, TableView::tr("unknown")};
}

Emphasis emphasisOf(const QModelIndex &index) { return static_cast<Emphasis>(index.data(cell::emphasisRole).toInt()); }

} // namespace

Sign signOf(const SignValue &value, const Theme &theme)
{
    switch (value.kind) {
    case SignValue::Kind::Attribution: return attributionSign(static_cast<wire::Attribution>(value.value), theme);
    case SignValue::Kind::Link: return linkSign(static_cast<wire::LinkState>(value.value), theme);
    case SignValue::Kind::Hook: return hookSign(static_cast<wire::HookState>(value.value), theme);
    case SignValue::Kind::Severity: return severitySign(static_cast<wire::Severity>(value.value), theme);
    case SignValue::Kind::Notice: break;
    }
    return noticeSign(value.value, theme);
}

TableView::TableView(Look look, std::vector<ColumnStyle> columns, QWidget *parent)
    : QTableView(parent), m_look(look), m_columns(std::move(columns))
{
    setItemDelegate(new TableDelegate(look, this));
    setProperty(FocusRing::insideProperty, true);
    setShowGrid(false);
    setFrameShape(QFrame::NoFrame);
    setWordWrap(false);
    setMouseTracking(true);
    setSelectionBehavior(SelectRows);
    setSelectionMode(ExtendedSelection);
    setEditTriggers(NoEditTriggers);
    setHorizontalScrollMode(ScrollPerPixel);
    setVerticalScrollMode(ScrollPerPixel);
    setTabKeyNavigation(false);
    setContextMenuPolicy(Qt::CustomContextMenu);
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Interactive);
    horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setMinimumSectionSize(24);
    connect(this, &QWidget::customContextMenuRequested, this, [this](const QPoint &at) {
        if (const QModelIndex index = indexAt(at); index.isValid())
            emit menuRequested(index, viewport()->mapToGlobal(at));
    });
    connect(&look.themes, &ThemeStore::themeChanged, this, &TableView::restyle);
    restyle();
}

const ColumnStyle &TableView::columnStyle(int column) const { return m_columns[static_cast<std::size_t>(column)]; }

void TableView::setModel(QAbstractItemModel *newModel)
{
    QTableView::setModel(newModel);
    m_measured = false;
    m_widths.clear();
    connect(newModel, &QAbstractItemModel::rowsInserted, this, [this](const QModelIndex &, int first, int last) {
        if (!m_measured || (model()->rowCount() <= measuredRows && outgrown(first, last)))
            fitColumns();
    });
    connect(newModel, &QAbstractItemModel::modelReset, this, [this] {
        if (!m_measured && model()->rowCount() > 0)
            fitColumns();
    });
    fitColumns();
}

void TableView::restyle()
{
    const Theme &t = m_look.theme();
    verticalHeader()->setDefaultSectionSize(t.rowHeight());
    verticalHeader()->setMinimumSectionSize(t.rowHeight());
    horizontalHeader()->setFixedHeight(t.px(28));
    setFont(t.font(FontRole::Body));
    if (model())
        fitColumns();
}

bool TableView::outgrown(int first, int last) const
{
    for (int column = 0; column < model()->columnCount(); ++column)
        if (!isColumnHidden(column) && !columnStyle(column).stretch
            && measuredWidth(column, first, last) > m_widths[static_cast<std::size_t>(column)])
            return true;
    return false;
}

int TableView::measuredWidth(int column, int first, int last) const
{
    const Theme &t = m_look.theme();
    const ColumnStyle &style = columnStyle(column);
    const QString head = model()->headerData(column, Qt::Horizontal).toString();
    const int arrow = horizontalHeader()->isSortIndicatorShown() ? t.px(16) : 0;
    qreal width = QFontMetricsF(t.font(FontRole::Body, QFont::Medium)).horizontalAdvance(head) + arrow;
    const QFontMetricsF plain(TableDelegate::cellFont(t, style, Emphasis::Normal)),
        strong(TableDelegate::cellFont(t, style, Emphasis::Strong));
    for (int row = first; row <= last; ++row) {
        const QModelIndex index = model()->index(row, column);
        const QString text = index.data().toString();
        const QFontMetricsF &metrics = emphasisOf(index) == Emphasis::Strong ? strong : plain;
        width = std::max(width, style.kind == ColumnStyle::Kind::Mono ? metrics.horizontalAdvance(text) : tabularWidth(metrics, text));
    }
    if (style.kind == ColumnStyle::Kind::Sign)
        width += t.px(signWidth + signGap);
    return std::clamp(static_cast<int>(std::ceil(width)) + 2 * t.px(cellPadding) + 2, t.px(style.minimum), t.px(style.maximum));
}

void TableView::fitColumns()
{
    const int count = model()->columnCount();
    m_measured = model()->rowCount() > 0;
    m_widths.assign(static_cast<std::size_t>(count), 0);
    int used = 0;
    for (int column = 0; column < count; ++column) {
        m_widths[static_cast<std::size_t>(column)] = measuredWidth(column, 0, std::min(model()->rowCount(), measuredRows) - 1);
        used += m_widths[static_cast<std::size_t>(column)];
    }
    hideDispensable(used);
    distribute(viewport()->width() - used);
    for (int column = 0; column < count; ++column)
        setColumnWidth(column, m_widths[static_cast<std::size_t>(column)]);
}

void TableView::hideDispensable(int &used)
{
    const int count = model()->columnCount();
    for (int column = 0; column < count; ++column)
        setColumnHidden(column, false);
    while (used > viewport()->width()) {
        int worst = -1;
        for (int column = 0; column < count; ++column)
            if (!isColumnHidden(column) && columnStyle(column).dispensable > (worst < 0 ? 0 : columnStyle(worst).dispensable))
                worst = column;
        if (worst < 0)
            return;
        setColumnHidden(worst, true);
        used -= m_widths[static_cast<std::size_t>(worst)];
    }
}

void TableView::distribute(int rest)
{
    int shown = 0;
    for (int column = 0; column < model()->columnCount(); ++column) {
        shown += isColumnHidden(column) ? 0 : 1;
        if (!columnStyle(column).stretch)
            continue;
        int &width = m_widths[static_cast<std::size_t>(column)];
        const int wanted =
            std::clamp(width + rest, m_look.theme().px(columnStyle(column).minimum), m_look.theme().px(columnStyle(column).maximum));
        rest -= wanted - width;
        width = wanted;
    }
    // What the stretched column may not take loosens the others, a little each.
    const int each = std::clamp(rest / std::max(1, shown), 0, m_look.theme().px(64));
    for (int &width : m_widths)
        width += each;
}

void TableView::resizeEvent(QResizeEvent *event)
{
    QTableView::resizeEvent(event);
    if (event->oldSize().width() != event->size().width() && model())
        fitColumns();
}

void TableView::setHovered(int row)
{
    if (row == m_hovered)
        return;
    m_hovered = row;
    viewport()->update();
}

void TableView::mouseMoveEvent(QMouseEvent *event)
{
    setHovered(indexAt(event->pos()).row());
    QTableView::mouseMoveEvent(event);
}

void TableView::leaveEvent(QEvent *event)
{
    setHovered(-1);
    QTableView::leaveEvent(event);
}

void TableView::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy)) {
        copySelection();
        return;
    }
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && currentIndex().isValid()) {
        emit activated(currentIndex());
        return;
    }
    QTableView::keyPressEvent(event);
}

QString TableView::selectedText() const
{
    QList<int> rows;
    for (const QModelIndex &index : selectionModel()->selectedRows())
        rows.append(index.row());
    std::sort(rows.begin(), rows.end());
    if (rows.isEmpty())
        return {};
    const auto line = [this](auto cellText) {
        QStringList cells;
        for (int column = 0; column < model()->columnCount(); ++column)
            cells.append(
                QString(cellText(column)).replace(QLatin1Char('\t'), QLatin1Char(' ')).replace(QLatin1Char('\n'), QLatin1Char(' ')));
        return cells.join(QLatin1Char('\t'));
    };
    QStringList lines{line([this](int column) { return model()->headerData(column, Qt::Horizontal).toString(); })};
    for (const int row : rows)
        lines.append(line([this, row](int column) { return model()->index(row, column).data().toString(); }));
    return lines.join(QLatin1Char('\n'));
}

void TableView::copySelection() const
{
    if (const QString text = selectedText(); !text.isEmpty())
        QGuiApplication::clipboard()->setText(text);
}

QString TableView::csv() const
{
    const auto field = [](QString text) {
        static const QRegularExpression special(QStringLiteral("[\",\r\n]"));
        return text.contains(special) ? QLatin1Char('"') + text.replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"') : text;
    };
    const auto line = [this, &field](auto cellValue) {
        QStringList cells;
        for (int column = 0; column < model()->columnCount(); ++column)
            cells.append(field(cellValue(column).toString()));
        return cells.join(QLatin1Char(',')) + QLatin1String("\r\n");
    };
    QString text = line([this](int column) { return model()->headerData(column, Qt::Horizontal, cell::exportRole); });
    for (int row = 0; row < model()->rowCount(); ++row)
        text += line([this, row](int column) { return model()->index(row, column).data(cell::exportRole); });
    return text;
}

Status TableView::writeCsv(const QString &file) const
{
    const QByteArray text = csv().toUtf8();
    QSaveFile target(file);
    if (!target.open(QIODevice::WriteOnly) || target.write(text) != text.size() || !target.commit())
        return fail(Errc::Io, target.errorString().toStdString());
    return {};
}

QFont TableDelegate::cellFont(const Theme &theme, const ColumnStyle &style, Emphasis emphasis)
{
    if (style.kind == ColumnStyle::Kind::Mono)
        return theme.font(FontRole::Mono);
    return theme.font(FontRole::Body, emphasis == Emphasis::Strong ? QFont::DemiBold : QFont::Normal);
}

QColor TableDelegate::ink(Emphasis emphasis, bool selected) const
{
    const Theme &t = m_look.theme();
    switch (emphasis) {
    case Emphasis::Muted: return selected ? t.text.secondary : t.text.tertiary; // tertiary is too faint on selected rows
    case Emphasis::Warn: return t.meaning.p3;
    case Emphasis::Alarm: return t.meaning.p1;
    case Emphasis::Normal: return t.text.secondary;
    case Emphasis::Primary:
    case Emphasis::Strong: break;
    }
    return t.text.primary;
}

void TableDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const Theme &t = m_look.theme();
    const auto *view = static_cast<const TableView *>(option.widget);
    const ColumnStyle &style = view->columnStyle(index.column());
    const bool selected = option.state & QStyle::State_Selected;
    const bool current = view->currentIndex().row() == index.row() && view->hasFocus();
    painter->save();
    const QColor ground = selected ? t.surface.selected : view->hoveredRow() == index.row() ? t.surface.hover : t.surface.panel;
    painter->fillRect(option.rect, ground);
    painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), t.border.subtle);
    if (current && index.column() == 0)
        painter->fillRect(QRect(option.rect.left(), option.rect.top(), 2, option.rect.height()), t.accent.base);

    QRectF text = QRectF(option.rect).adjusted(t.px(cellPadding), 0, -t.px(cellPadding), -1);
    const Emphasis emphasis = emphasisOf(index);
    if (const QVariant value = index.data(cell::signRole); value.canConvert<SignValue>()) {
        const Sign sign = signOf(value.value<SignValue>(), t);
        drawGlyph(*painter, QRectF(text.left(), text.center().y() - t.px(signWidth) / 2.0, t.px(signWidth), t.px(signWidth)), sign.glyph,
                  sign.color);
        text.adjust(t.px(signWidth + signGap), 0, 0, 0);
    }
    painter->setFont(cellFont(t, style, emphasis));
    painter->setPen(ink(emphasis, selected));
    const QString whole = index.data().toString();
    const QFontMetricsF metrics(painter->font());
    const bool mono = style.kind == ColumnStyle::Kind::Mono;
    const qreal width = mono ? metrics.horizontalAdvance(whole) : tabularWidth(metrics, whole);
    const QString shown = width <= text.width() + 0.5 ? whole : metrics.elidedText(whole, style.elide, text.width());
    const Qt::Alignment alignment = (style.kind == ColumnStyle::Kind::Number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter;
    if (mono || (shown != whole && style.kind != ColumnStyle::Kind::Number))
        painter->drawText(text, static_cast<int>(alignment) | Qt::TextSingleLine, shown);
    else
        drawTabular(*painter, text, alignment, shown);
    painter->restore();
}

} // namespace tapio::console
