package dev.latchkey.server.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The next page of a vendor's list (RFC 8288 section 3), in a header that a hostile vendor writes. */
class LinkHeaderTest {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    /** As many as the header may have. */
    private static final int LONGEST = 32 * 1024;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<https://api.example.com/list?page=2>; rel=\"next\"",
                "<https://api.example.com/list?page=2>; rel=next",
                "<https://api.example.com/list?page=2> ; title=\"a; b\"; rel=\"next last\"",
                "<https://api.example.com/list?page=1>; rel=\"prev\", <https://api.example.com/list?page=2>; rel=\"next\"",
                "<https://api.example.com/list?page=2>;rel=\"next\", <https://api.example.com/list?page=9>;rel=\"last\""
            })
    void theNextPageIsFoundAmongOthers(String header) {
        assertThat(ListPages.linked(header, "next")).contains("https://api.example.com/list?page=2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "<>; rel=next", "https://api.example.com; rel=next", "<https://api.example.com>, rel=next"})
    void whatNamesNoNextPageHasNone(String header) {
        assertThat(ListPages.linked(header, "next")).isEmpty();
    }

    /** D13: 32 KB of one character took seven seconds, and a hundred pages are read. */
    @Test
    void aLongHeaderCostsLittle() {
        for (String part :
                new String[] {"<", ">", "<a>", "<a>;", "<a>; ", "<a>;rel", "<a>;rel=", " ", "<a> ", ";", "rel=", "a"}) {
            String header = part.repeat(LONGEST / part.length());
            long begun = THREADS.getCurrentThreadCpuTime();

            ListPages.linked(header, "next");
            ListPages.linked("<a" + header, "next");
            ListPages.linked("<a>;" + header, "next");

            assertThat(Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - begun))
                    .as(part)
                    .isLessThan(Duration.ofMillis(700));
        }
    }
}
