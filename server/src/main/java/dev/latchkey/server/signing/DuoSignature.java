package dev.latchkey.server.signing;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Requests to Duo's API: HTTP Basic whose password is an HMAC of the request (date, method, host, path, parameters by line). */
public final class DuoSignature {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss Z", Locale.ENGLISH);

    private DuoSignature() {}

    /**
     * @param parameters encoded: the query, or the body's form for methods that have one
     * @return {@code date} and {@code authorization}
     */
    public static Map<String, String> headers(
            String integrationKey, Secret secretKey, String method, URI uri, String parameters, Instant now) {
        String date = DATE.format(now.atOffset(ZoneOffset.UTC));
        String pair = integrationKey + ":" + password(secretKey, date, method, uri, parameters);
        return Map.of(
                "date",
                date,
                "authorization",
                "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
    }

    static String password(Secret secretKey, String date, String method, URI uri, String parameters) {
        String sorted = OAuth1Signature.decoded(parameters).stream()
                .map(one -> PercentEncoding.strict(one.getKey()) + "=" + PercentEncoding.strict(one.getValue()))
                .sorted()
                .collect(Collectors.joining("&"));
        String canonical = String.join(
                "\n",
                date,
                method.toUpperCase(Locale.ROOT),
                uri.getHost().toLowerCase(Locale.ROOT),
                uri.getRawPath(),
                sorted);
        return HexFormat.of().formatHex(HashFunction.SHA_1.hmac(secretKey.reveal(), canonical));
    }
}
