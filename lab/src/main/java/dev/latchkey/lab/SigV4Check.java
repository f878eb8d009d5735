package dev.latchkey.lab;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks AWS Signature Version 4 as a service does, written from AWS's documentation and not from its library. */
final class SigV4Check {
    private static final Pattern HEADER = Pattern.compile(
            "AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");

    private SigV4Check() {}

    /** Who signed, and for what. */
    record Signed(String accessKeyId, String region, String service) {}

    /** @param secrets the secret access key by access key id */
    static Optional<Signed> check(LabRequest request, Function<String, Optional<String>> secrets, Instant now) {
        Matcher header = HEADER.matcher(request.header("authorization").orElse(""));
        if (!header.matches()) {
            return Optional.empty();
        }
        Optional<String> secret = secrets.apply(header.group(1));
        String date = request.header("x-amz-date").orElse("");
        List<String> names = List.of(header.group(5).split(";"));
        if (secret.isEmpty() || !fresh(date, header.group(2), now) || !names.contains("host")) {
            return Optional.empty();
        }
        String payload = HexFormat.of().formatHex(SignatureCheck.digest("SHA-256", request.body()));
        boolean sameBody =
                request.header("x-amz-content-sha256").map(payload::equals).orElse(true);
        StringBuilder headers = new StringBuilder();
        for (String name : names) {
            String value =
                    name.equals("host") ? request.host() : request.header(name).orElse("");
            headers.append(name)
                    .append(':')
                    .append(value.strip().replaceAll(" +", " "))
                    .append('\n');
        }
        String canonical = request.method() + "\n" + path(request, header.group(4)) + "\n" + query(request) + "\n"
                + headers + "\n" + header.group(5) + "\n" + payload;
        String scope = header.group(2) + "/" + header.group(3) + "/" + header.group(4) + "/aws4_request";
        String text = "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n"
                + HexFormat.of().formatHex(SignatureCheck.digest("SHA-256", canonical));
        byte[] key = ("AWS4" + secret.get()).getBytes(StandardCharsets.UTF_8);
        for (String part : List.of(header.group(2), header.group(3), header.group(4), "aws4_request")) {
            key = SignatureCheck.hmac("HmacSHA256", key, part);
        }
        String expected = HexFormat.of().formatHex(SignatureCheck.hmac("HmacSHA256", key, text));
        return sameBody && ClientCheck.same(expected, header.group(6))
                ? Optional.of(new Signed(header.group(1), header.group(3), header.group(4)))
                : Optional.empty();
    }

    private static boolean fresh(String date, String day, Instant now) {
        try {
            return date.startsWith(day)
                    && SignatureCheck.near(LocalDateTime.parse(date, TIME).toInstant(ZoneOffset.UTC), now);
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    /** Each segment is encoded once more than in the request, except for S3. */
    private static String path(LabRequest request, String service) {
        String raw = request.location().substring(request.host().length());
        if (raw.isEmpty()) {
            return "/";
        }
        List<String> segments = new ArrayList<>();
        for (String segment : raw.split("/", -1)) {
            segments.add(service.equals("s3") ? segment : OAuth1Check.escape(segment));
        }
        return String.join("/", segments);
    }

    private static String query(LabRequest request) {
        List<String> pairs = new ArrayList<>();
        LabRequest.parameters(request.rawQuery())
                .forEach((name, value) -> pairs.add(OAuth1Check.escape(name) + "=" + OAuth1Check.escape(value)));
        pairs.sort(null);
        return String.join("&", pairs);
    }
}
