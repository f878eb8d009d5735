package dev.latchkey.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A form is read in one pass, whatever a stranger sends as one. */
class FormTest {
    private static final int LENGTH = Form.LARGEST_WITH_DOCUMENT;

    @Test
    void readsFieldsAsBrowsersSendThem() {
        Form form = Form.parse("a=1&b=%C3%A4+%26&a=2&empty=&bare&&c=x=y&d=%zz");

        assertThat(form.all("a")).containsExactly("1", "2");
        assertThat(form.first("b")).contains("ä &");
        assertThat(form.first("empty")).contains("");
        assertThat(form.contains("bare")).isTrue();
        assertThat(form.first("c")).contains("x=y");
        assertThat(form.first("d")).contains("%zz");
        assertThat(form.first("missing")).isEmpty();
        assertThat(form.all("missing")).isEmpty();
        assertThat(form.toString()).contains("empty").doesNotContain("x=y");
    }

    static Stream<String> hostile() {
        return Stream.of("a", "=", "%", "%41", "a=", "+", "a%", "=a", "%zz", "\u0001", "ä", "a=b;", "[", "a[")
                .map(part -> part.repeat(LENGTH / part.length()));
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void takesTimeInProportionToItsLength(String body) {
        long begun = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();

        Form.parse(body);

        assertThat(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begun)
                .as("CPU nanoseconds; the square of a mebibyte would be hours")
                .isLessThan(2_000_000_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a=%00", "a=b%00c", "%00=a", "a%00b", "x=y&a=\0"})
    void refusesWhatNoDatabaseStores(String body) {
        assertThatThrownBy(() -> Form.parse(body))
                .isInstanceOfSatisfying(
                        ApiError.class, error -> assertThat(error.words()).contains("NUL"));
    }

    @Test
    void refusesMoreFieldsThanAnyPageHas() {
        for (String part : List.of("a&", "a=1&")) {
            assertThatThrownBy(() -> Form.parse(part.repeat(LENGTH / part.length())))
                    .isInstanceOfSatisfying(
                            ApiError.class,
                            refusal -> assertThat(refusal.status()).isEqualTo(400));
        }
    }
}
