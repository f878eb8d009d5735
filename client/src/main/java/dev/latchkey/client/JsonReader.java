package dev.latchkey.client;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads JSON (RFC 8259), strictly: no comments, no trailing commas, no member twice. */
final class JsonReader {
    /** What a stack can take, and far more than an API nests. */
    private static final int DEEPEST = 200;

    private static final int LONGEST_NUMBER = 1_000;

    private final String text;
    private int at;

    JsonReader(String text) {
        this.text = text;
    }

    @Nullable
    Object read() {
        Object value = value(0);
        blanks();
        if (at < text.length()) {
            throw wrong("nothing more may follow");
        }
        return value;
    }

    private @Nullable Object value(int depth) {
        if (depth > DEEPEST) {
            throw wrong("it is nested too deep");
        }
        blanks();
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> list(depth);
            case '"' -> string();
            case 't' -> word("true", Boolean.TRUE);
            case 'f' -> word("false", Boolean.FALSE);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, @Nullable Object> object(int depth) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        at++;
        blanks();
        if (peek() == '}') {
            at++;
            return Collections.unmodifiableMap(members);
        }
        while (true) {
            blanks();
            if (peek() != '"') {
                throw wrong("a member's name is expected");
            }
            String name = string();
            blanks();
            expect(':');
            if (members.containsKey(name)) {
                throw wrong("a member occurs twice");
            }
            members.put(name, value(depth + 1));
            blanks();
            if (peek() == '}') {
                at++;
                return Collections.unmodifiableMap(members);
            }
            expect(',');
        }
    }

    private List<@Nullable Object> list(int depth) {
        List<@Nullable Object> items = new ArrayList<>();
        at++;
        blanks();
        if (peek() == ']') {
            at++;
            return Collections.unmodifiableList(items);
        }
        while (true) {
            items.add(value(depth + 1));
            blanks();
            if (peek() == ']') {
                at++;
                return Collections.unmodifiableList(items);
            }
            expect(',');
        }
    }

    private String string() {
        StringBuilder read = new StringBuilder();
        at++;
        while (true) {
            char c = peek();
            at++;
            if (c == '"') {
                return read.toString();
            }
            if (c == '\\') {
                read.append(escaped());
            } else if (c < 0x20) {
                throw wrong("a control character is not escaped");
            } else {
                read.append(c);
            }
        }
    }

    private char escaped() {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw wrong("no such escape");
        };
    }

    private char unicode() {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(peek(), 16);
            // Digits of other scripts are none here.
            if (digit < 0 || peek() > 'f') {
                throw wrong("four hexadecimal digits are expected");
            }
            code = code * 16 + digit;
            at++;
        }
        return (char) code;
    }

    private @Nullable Object word(String word, @Nullable Object value) {
        if (!text.startsWith(word, at)) {
            throw wrong("a value is expected");
        }
        at += word.length();
        return value;
    }

    private Object number() {
        int from = at;
        if (peek() == '-') {
            at++;
        }
        boolean zero = peek() == '0';
        int digits = digits();
        if (digits == 0 || (zero && digits > 1)) {
            throw wrong("a value is expected");
        }
        boolean whole = true;
        if (at < text.length() && text.charAt(at) == '.') {
            whole = false;
            at++;
            if (digits() == 0) {
                throw wrong("a digit is expected");
            }
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            whole = false;
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            if (digits() == 0) {
                throw wrong("a digit is expected");
            }
        }
        String number = text.substring(from, at);
        if (number.length() > LONGEST_NUMBER) {
            throw wrong("a number is too long");
        }
        try {
            if (!whole) {
                return new BigDecimal(number);
            }
            return number.length() < 19 ? (Object) Long.valueOf(number) : shortest(new BigInteger(number));
        } catch (NumberFormatException | ArithmeticException e) {
            throw wrong("a number is out of range");
        }
    }

    private static Object shortest(BigInteger number) {
        return number.bitLength() < 64 ? (Object) number.longValue() : number;
    }

    private int digits() {
        int from = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at - from;
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private void expect(char c) {
        if (peek() != c) {
            throw wrong("'" + c + "' is expected");
        }
        at++;
    }

    private char peek() {
        if (at >= text.length()) {
            throw wrong("it ends early");
        }
        return text.charAt(at);
    }

    /** Without the text, which may be a secret. */
    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("not JSON: at character " + at + ", " + what);
    }
}
