package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.ErrorSign;
import dev.latchkey.catalogue.model.TokenErrors;
import dev.latchkey.catalogue.template.JsonPlaces;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads what vendors' errors are known by: {@code {status: 403, json: "errors[*].reason", is: rateLimitExceeded, means: limited}}. */
final class ErrorSignReader {
    private ErrorSignReader() {}

    static List<Api.Error> ofApi(Section api) {
        return api.sections("errors").stream()
                .map(one -> new Api.Error(
                        read(one),
                        Api.Error.Meaning.valueOf(
                                one.choice("means", "limited", "unauthorized").toUpperCase(Locale.ROOT))))
                .toList();
    }

    static List<TokenErrors.Response> ofToken(Section errors) {
        return errors.sections("responses").stream()
                .map(one -> new TokenErrors.Response(
                        read(one),
                        TokenErrors.Meaning.valueOf(one.choice("means", "rejected", "transient", "misconfigured")
                                .toUpperCase(Locale.ROOT))))
                .toList();
    }

    private static ErrorSign read(Section section) {
        section.needs("status");
        section.needs("means");
        List<Integer> statuses = section.texts("status").stream()
                .map(status -> section.guarded("status", () -> status(status)))
                .flatMap(Optional::stream)
                .toList();
        ErrorSign.Where where = section.has("header")
                ? new ErrorSign.Where.Header(section.required("header").toLowerCase(Locale.ROOT))
                : section.text("json")
                        .flatMap(path -> section.guarded("json", () -> JsonPlaces.parse(path)))
                        .map(ErrorSign.Where.Body::new)
                        .orElseGet(() -> {
                            section.needs("json");
                            return new ErrorSign.Where.Body(JsonPlaces.parse("$"));
                        });
        ErrorSign sign = new ErrorSign(statuses, where, section.texts("is"), section.texts("has"));
        if (sign.is().isEmpty() && sign.has().isEmpty()) {
            section.problem("is", "an error needs is (the value) or has (a part of it)");
        }
        return sign;
    }

    private static int status(String text) {
        if (!text.matches("[2-5]\\d\\d")) {
            throw new IllegalArgumentException("'" + text + "' is no status; write one such as 403");
        }
        return Integer.parseInt(text);
    }
}
