// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/parser.h"

#include <algorithm>
#include <array>
#include <limits>

#include "console/core/promql/functions.h"
#include "console/core/promql/selectorparser.h"
#include "console/core/promql/tokenstream.h"
#include "console/core/promql/typecheck.h"

namespace tapio::promql {

namespace {

/// Binds tighter the higher it is (promql/parser/generated_parser.y).
int precedenceOf(BinaryOperator op) noexcept
{
    switch (op) {
    case BinaryOperator::Or: return 1;
    case BinaryOperator::And:
    case BinaryOperator::Unless: return 2;
    case BinaryOperator::Add:
    case BinaryOperator::Subtract: return 4;
    case BinaryOperator::Multiply:
    case BinaryOperator::Divide:
    case BinaryOperator::Modulo:
    case BinaryOperator::Atan2: return 5;
    case BinaryOperator::Power: return 6;
    default: return 3;
    }
}

constexpr std::array binaryOperators{
    BinaryOperator::Or,           BinaryOperator::And,    BinaryOperator::Unless,   BinaryOperator::Equal,
    BinaryOperator::NotEqual,     BinaryOperator::Less,   BinaryOperator::Greater,  BinaryOperator::LessEqual,
    BinaryOperator::GreaterEqual, BinaryOperator::Add,    BinaryOperator::Subtract, BinaryOperator::Multiply,
    BinaryOperator::Divide,       BinaryOperator::Modulo, BinaryOperator::Atan2,    BinaryOperator::Power};
constexpr std::array aggregates{AggregateOperator::Sum,     AggregateOperator::Avg,         AggregateOperator::Count,
                                AggregateOperator::Min,     AggregateOperator::Max,         AggregateOperator::Group,
                                AggregateOperator::Stddev,  AggregateOperator::Stdvar,      AggregateOperator::TopK,
                                AggregateOperator::BottomK, AggregateOperator::CountValues, AggregateOperator::Quantile};

bool hasParameter(AggregateOperator op) noexcept { return op >= AggregateOperator::TopK; }

tl::unexpected<QueryError> refuse(Span at, std::string text) { return tl::unexpected<QueryError>(QueryError{at, std::move(text), false}); }
template <typename T> tl::unexpected<QueryError> pass(Parsed<T> &&failed) { return tl::unexpected<QueryError>(std::move(failed.error())); }

class Parser {
public:
    explicit Parser(std::vector<Token> tokens) : m_stream(std::move(tokens)) {}

    Parsed<ExpressionPtr> run()
    {
        if (m_stream.isNext(TokenKind::End))
            return refuse(m_stream.peek().at, "the query is empty");
        Parsed<ExpressionPtr> all = expression(0);
        if (all && !m_stream.isNext(TokenKind::End))
            return unexpected("an operator or the end of the query");
        return all;
    }

private:
    tl::unexpected<QueryError> unexpected(const std::string &wanted) const
    {
        return refuse(m_stream.peek().at, expectedHere(m_stream, wanted));
    }

    template <typename Node>
    Parsed<ExpressionPtr> make(std::size_t from, Node node, ValueType type, std::initializer_list<const Expression *> below)
    {
        std::uint16_t depth = 0;
        for (const Expression *one : below)
            depth = std::max(depth, one->depth);
        auto made = std::make_unique<Expression>();
        made->at = {from, m_stream.lastEnd()};
        made->node = std::move(node);
        made->type = type;
        made->depth = static_cast<std::uint16_t>(depth + 1);
        if (made->depth > deepest)
            return refuse(made->at, "the query is nested more than " + std::to_string(deepest) + " levels deep");
        return made;
    }

    /// What an operator with this precedence or a higher one joins.
    Parsed<ExpressionPtr> expression(int least)
    {
        if (++m_depth > deepest)
            return refuse(m_stream.peek().at, "the query is nested more than " + std::to_string(deepest) + " levels deep");
        Parsed<ExpressionPtr> left = unary();
        while (left) {
            const auto op = nextOperator();
            if (!op || precedenceOf(*op) < least)
                break;
            left = binary(std::move(*left), *op);
        }
        --m_depth;
        return left;
    }

    std::optional<BinaryOperator> nextOperator() const
    {
        for (const BinaryOperator op : binaryOperators) {
            if (m_stream.isNextOperator(textOf(op)) || m_stream.isNextWord(textOf(op)))
                return op;
        }
        return std::nullopt;
    }

    Parsed<ExpressionPtr> binary(ExpressionPtr left, BinaryOperator op)
    {
        const Span opAt = m_stream.take().at;
        Binary node;
        node.op = op;
        if (m_stream.isNextWord("bool")) {
            m_stream.take();
            node.returnsBool = true;
        }
        Parsed<Matching> matching = readMatching(m_stream);
        if (!matching)
            return pass(std::move(matching));
        node.matching = std::move(*matching);
        const bool isRightBound = op == BinaryOperator::Power;
        Parsed<ExpressionPtr> right = expression(precedenceOf(op) + (isRightBound ? 0 : 1));
        if (!right)
            return right;
        const std::size_t from = left->at.from;
        node.left = std::move(left);
        node.right = std::move(*right);
        if (auto fits = checkBinary(node, opAt); !fits)
            return pass(std::move(fits));
        const bool isVector = node.left->type == ValueType::Vector || node.right->type == ValueType::Vector;
        const Expression *first = node.left.get(), *second = node.right.get();
        return make(from, std::move(node), isVector ? ValueType::Vector : ValueType::Scalar, {first, second});
    }

    Parsed<ExpressionPtr> unary()
    {
        if (!m_stream.isNextOperator("+") && !m_stream.isNextOperator("-"))
            return postfixed();
        const Token sign = m_stream.take();
        // A sign binds as loosely as a product does: -a ^ b is -(a ^ b).
        Parsed<ExpressionPtr> inner = expression(precedenceOf(BinaryOperator::Power));
        if (!inner)
            return inner;
        if ((*inner)->type != ValueType::Scalar && (*inner)->type != ValueType::Vector)
            return refuse((*inner)->at,
                          "a sign belongs to a scalar or an instant vector, this is a " + std::string(typeName((*inner)->type)));
        const bool isNegative = sign.text == "-";
        if (auto *number = (*inner)->as<NumberLiteral>()) {
            number->value = isNegative ? -number->value : number->value;
            (*inner)->at.from = sign.at.from;
            return inner;
        }
        const ValueType type = (*inner)->type;
        const Expression *below = inner->get();
        return make(sign.at.from, Sign{std::move(*inner), isNegative}, type, {below});
    }

    Parsed<ExpressionPtr> postfixed()
    {
        Parsed<ExpressionPtr> made = primary();
        while (made) {
            if (m_stream.isNext(TokenKind::OpenBracket))
                made = ranged(std::move(*made));
            else if (m_stream.isNextWord("offset") || m_stream.isNext(TokenKind::At))
                made = modified(std::move(*made));
            else
                break;
        }
        return made;
    }

    Parsed<ExpressionPtr> ranged(ExpressionPtr inner)
    {
        const std::size_t from = inner->at.from;
        const Span bracket = m_stream.peek().at;
        Parsed<BracketRange> range = readBracketRange(m_stream);
        if (!range)
            return pass(std::move(range));
        if (range->isSubquery) {
            if (inner->type != ValueType::Vector)
                return refuse(inner->at, "a subquery is of an instant vector, this is a " + std::string(typeName(inner->type)));
            const Expression *below = inner.get();
            return make(from, Subquery{std::move(inner), range->rangeMs, range->stepMs, {}}, ValueType::Matrix, {below});
        }
        const auto *selector = inner->as<VectorSelector>();
        if (!selector)
            return refuse(bracket, "a range belongs to a selector; of other expressions it needs a step: [5m:1m]");
        if (selector->modifiers.hasOffset || selector->modifiers.at)
            return refuse(bracket, "the range comes before offset and @");
        return make(from, MatrixSelector{*selector, range->rangeMs}, ValueType::Matrix, {});
    }

    Parsed<ExpressionPtr> modified(ExpressionPtr inner)
    {
        const Span at = m_stream.peek().at;
        Modifiers *modifiers = nullptr;
        if (auto *vector = inner->as<VectorSelector>())
            modifiers = &vector->modifiers;
        else if (auto *matrix = inner->as<MatrixSelector>())
            modifiers = &matrix->selector.modifiers;
        else if (auto *subquery = inner->as<Subquery>())
            modifiers = &subquery->modifiers;
        if (!modifiers)
            return refuse(at, m_stream.peek().text + " belongs to a selector or a subquery");
        if (auto read = readModifier(m_stream, *modifiers); !read)
            return pass(std::move(read));
        inner->at.to = m_stream.lastEnd();
        return inner;
    }

    Parsed<ExpressionPtr> primary()
    {
        const Token &token = m_stream.peek();
        const std::size_t from = token.at.from;
        switch (token.kind) {
        case TokenKind::Number: return make(from, NumberLiteral{m_stream.take().number}, ValueType::Scalar, {});
        case TokenKind::String: return make(from, StringLiteral{m_stream.take().text}, ValueType::String, {});
        case TokenKind::OpenParen: return parenthesized();
        case TokenKind::OpenBrace: return selector(std::nullopt);
        case TokenKind::Word: return named();
        default: return unexpected("a metric, a number, a function or an opening parenthesis");
        }
    }

    Parsed<ExpressionPtr> parenthesized()
    {
        const std::size_t from = m_stream.take().at.from;
        Parsed<ExpressionPtr> inner = expression(0);
        if (!inner)
            return inner;
        if (!m_stream.takeIf(TokenKind::CloseParen))
            return unexpected("an operator or a closing parenthesis");
        const ValueType type = (*inner)->type;
        const Expression *below = inner->get();
        return make(from, Parentheses{std::move(*inner)}, type, {below});
    }

    Parsed<ExpressionPtr> named()
    {
        const Token &token = m_stream.peek();
        const std::string lower = TokenStream::lowered(token.text);
        const bool isCalled = m_stream.peek(1).kind == TokenKind::OpenParen;
        for (const AggregateOperator op : aggregates) {
            if (lower == textOf(op) && (isCalled || m_stream.isNextWord("by", 1) || m_stream.isNextWord("without", 1)))
                return aggregate(op);
        }
        if (lower == "inf" || lower == "nan") {
            m_stream.take();
            using Limits = std::numeric_limits<double>;
            return make(token.at.from, NumberLiteral{lower == "inf" ? Limits::infinity() : Limits::quiet_NaN()}, ValueType::Scalar, {});
        }
        if (isCalled)
            return call();
        if (isReserved(lower))
            return unexpected("a metric, a number, a function or an opening parenthesis");
        return selector(m_stream.take());
    }

    Parsed<ExpressionPtr> selector(const std::optional<Token> &name)
    {
        const std::size_t from = name ? name->at.from : m_stream.peek().at.from;
        Parsed<VectorSelector> read = readSelector(m_stream, name);
        if (!read)
            return pass(std::move(read));
        return make(from, std::move(*read), ValueType::Vector, {});
    }

    /// (a, b, c)
    Parsed<std::vector<ExpressionPtr>> arguments()
    {
        std::vector<ExpressionPtr> all;
        m_stream.take();
        if (m_stream.takeIf(TokenKind::CloseParen))
            return all;
        for (;;) {
            Parsed<ExpressionPtr> one = expression(0);
            if (!one)
                return pass(std::move(one));
            all.push_back(std::move(*one));
            if (m_stream.takeIf(TokenKind::CloseParen))
                return all;
            if (!m_stream.takeIf(TokenKind::Comma))
                return unexpected("a comma or a closing parenthesis");
        }
    }

    static std::uint16_t depthOf(const std::vector<ExpressionPtr> &all) noexcept
    {
        std::uint16_t depth = 0;
        for (const ExpressionPtr &one : all)
            depth = std::max(depth, one->depth);
        return depth;
    }

    Parsed<ExpressionPtr> call()
    {
        const Token name = m_stream.take();
        Call node;
        node.function = findFunction(name.text);
        if (!node.function)
            return refuse(name.at, "there is no function " + name.text + "()");
        Parsed<std::vector<ExpressionPtr>> given = arguments();
        if (!given)
            return pass(std::move(given));
        node.arguments = std::move(*given);
        if (auto fits = checkCall(node, {name.at.from, m_stream.lastEnd()}); !fits)
            return pass(std::move(fits));
        const ValueType type = node.function->returns;
        const std::uint16_t depth = depthOf(node.arguments);
        Parsed<ExpressionPtr> made = make(name.at.from, std::move(node), type, {});
        return deepened(std::move(made), depth);
    }

    Parsed<ExpressionPtr> deepened(Parsed<ExpressionPtr> made, std::uint16_t below)
    {
        if (made)
            (*made)->depth = static_cast<std::uint16_t>(below + 1);
        if (made && (*made)->depth > deepest)
            return refuse((*made)->at, "the query is nested more than " + std::to_string(deepest) + " levels deep");
        return made;
    }

    Parsed<ExpressionPtr> aggregate(AggregateOperator op)
    {
        const Token name = m_stream.take();
        Aggregate node;
        node.op = op;
        bool isGrouped = false;
        if (auto read = grouping(node, isGrouped); !read)
            return pass(std::move(read));
        if (!m_stream.isNext(TokenKind::OpenParen))
            return unexpected("an opening parenthesis");
        Parsed<std::vector<ExpressionPtr>> given = arguments();
        if (!given)
            return pass(std::move(given));
        if (!isGrouped) {
            if (auto read = grouping(node, isGrouped); !read)
                return pass(std::move(read));
        }
        const std::size_t wanted = hasParameter(op) ? 2 : 1;
        const Span at{name.at.from, m_stream.lastEnd()};
        if (given->size() != wanted)
            return refuse(at, std::string(textOf(op)) + "() takes "
                                  + (wanted == 2 ? "a parameter and an instant vector" : "one instant vector") + ", not "
                                  + std::to_string(given->size()) + (given->size() == 1 ? " argument" : " arguments"));
        const std::uint16_t depth = depthOf(*given);
        node.inner = std::move(given->back());
        if (wanted == 2)
            node.parameter = std::move(given->front());
        if (auto fits = checkAggregate(node, at); !fits)
            return pass(std::move(fits));
        return deepened(make(name.at.from, std::move(node), ValueType::Vector, {}), depth);
    }

    /// by (a, b) or without (a, b), where it is there.
    Parsed<void> grouping(Aggregate &node, bool &isGrouped)
    {
        if (!m_stream.isNextWord("by") && !m_stream.isNextWord("without"))
            return {};
        isGrouped = true;
        node.isWithout = TokenStream::lowered(m_stream.take().text) == "without";
        Parsed<std::vector<std::string>> labels = readLabelList(m_stream);
        if (!labels)
            return pass(std::move(labels));
        node.grouping = std::move(*labels);
        return {};
    }

    TokenStream m_stream;
    int m_depth = 0;
};

} // namespace

Parsed<ExpressionPtr> parseQuery(std::string_view query)
{
    if (query.size() > longestQuery)
        return refuse({longestQuery, query.size()}, "a query has at most " + std::to_string(longestQuery) + " bytes");
    Parsed<std::vector<Token>> tokens = tokenize(query);
    if (!tokens)
        return pass(std::move(tokens));
    return Parser(std::move(*tokens)).run();
}

} // namespace tapio::promql
