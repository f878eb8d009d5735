package dev.latchkey.server.webhooks.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MultipartFormTest {
    private static final String TYPE = "multipart/form-data; boundary=\"a b\"";

    private static Map<String, String> fields(String type, String body) {
        return MultipartForm.fields(type, body.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void readsTextFieldsAndLeavesFilesOut() {
        String body = "--a b\r\nContent-Disposition: form-data; name=\"one\"\r\n\r\nÜber\r\n\r\nuns\r\n"
                + "--a b\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; name=\"two\"\r\n\r\n\r\n"
                + "--a b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.pdf\"\r\n\r\n%PDF\r\n--a b--\r\n";

        assertThat(fields(TYPE, body)).containsOnly(Map.entry("one", "Über\r\n\r\nuns"), Map.entry("two", ""));
    }

    @Test
    void whatIsNoFormHasNoFields() {
        assertThat(fields("multipart/form-data", "--a\r\n")).isEmpty();
        assertThat(fields(TYPE, "{}")).isEmpty();
        assertThat(fields(TYPE, "--a b\r\nContent-Disposition: form-data; name=\"one\"\r\n\r\ncut off"))
                .isEmpty();
        assertThat(fields(TYPE, "--a b\r\n".repeat(50_000))).isEmpty();
    }
}
