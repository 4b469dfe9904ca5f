// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>
#include <QTableView>

#include <vector>

#include "console/ui/widgets/glyphs.h"
#include "console/ui/widgets/look.h"
#include "protocol/base/result.h"

namespace tapio::console {

/// A state in a cell: which table of signs, and the enum's number. The model stays free of colours.
struct SignValue {
    enum class Kind { Attribution, Link, Hook, Severity, Notice } kind = Kind::Link;
    int value = 0;
    bool operator==(const SignValue &) const = default;
};
Sign signOf(const SignValue &value, const Theme &theme);

enum class Emphasis { Normal, Primary, Strong, Muted, Warn, Alarm };

namespace cell {
inline constexpr int sortRole = Qt::UserRole;         ///< what to compare: a number or a text
inline constexpr int signRole = Qt::UserRole + 1;     ///< SignValue
inline constexpr int emphasisRole = Qt::UserRole + 2; ///< Emphasis as int
inline constexpr int exportRole = Qt::UserRole + 3;   ///< for other programs: plain numbers, times as ISO 8601 in UTC; also of headers
} // namespace cell

/// How a column looks; the header's texts come from the model.
struct ColumnStyle {
    enum class Kind { Text, Mono, Number, Sign } kind = Kind::Text;
    Qt::TextElideMode elide = Qt::ElideRight;
    int minimum = 48, maximum = 320; ///< design pixels
    bool stretch = false;            ///< takes what is left, up to `maximum`
    int dispensable = 0;             ///< the highest goes first where the table is too narrow; 0 = always shown
};

/// A dense table of plain text: uniform rows, hovered row, columns measured from the first 200 rows, Ctrl+C copies the
/// selected rows as tab-separated text. GUI thread.
class TableView : public QTableView {
    Q_OBJECT
public:
    TableView(Look look, std::vector<ColumnStyle> columns, QWidget *parent = nullptr);

    void setModel(QAbstractItemModel *model) override;
    int hoveredRow() const { return m_hovered; }
    const ColumnStyle &columnStyle(int column) const;
    void fitColumns();
    /// Selected rows in view order as tab-separated lines with a header.
    QString selectedText() const;
    void copySelection() const;
    /// All rows in view order and all columns, hidden ones too, as RFC 4180 with a header.
    QString csv() const;
    /// The same as a file, all of it or nothing. Errors: Io, with the file's own words.
    Status writeCsv(const QString &file) const;

signals:
    void menuRequested(const QModelIndex &index, const QPoint &globalPos);

protected:
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void restyle();
    void setHovered(int row);
    int measuredWidth(int column, int first, int last) const;
    /// Whether one of these rows is wider than its column.
    bool outgrown(int first, int last) const;
    void hideDispensable(int &used);
    void distribute(int rest);

    Look m_look;
    std::vector<ColumnStyle> m_columns;
    std::vector<int> m_widths;
    int m_hovered = -1;
    bool m_measured = false;
};

/// Paints the cells of a TableView.
class TableDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    TableDelegate(Look look, QObject *parent) : QStyledItemDelegate(parent), m_look(look) {}
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    static QFont cellFont(const Theme &theme, const ColumnStyle &style, Emphasis emphasis);

private:
    QColor ink(Emphasis emphasis, bool selected) const;
    Look m_look;
};

} // namespace tapio::console
