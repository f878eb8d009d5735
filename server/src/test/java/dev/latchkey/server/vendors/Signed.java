package dev.latchkey.server.vendors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.latchkey.server.json.Json;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import tools.jackson.databind.JsonNode;

/**
 * What a vendor checks of a signed request: JSON Web Tokens by Nimbus' verifiers, SAML assertions by the JDK's XML signatures,
 * Signature Version 4 by AWS's published algorithm (held to AWS's published vectors in {@link SignedTest}).
 */
final class Signed {
    private static final KeyPair RSA = pair("RSA");
    private static final KeyPair EC = pair("EC");
    private static final Pattern AUTHORIZATION =
            Pattern.compile("AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/([^/]+)/([^/]+)/aws4_request, "
                    + "SignedHeaders=([^,]+), Signature=([0-9a-f]{64})");

    private Signed() {}

    private static KeyPair pair(String algorithm) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            if (algorithm.equals("EC")) {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            } else {
                generator.initialize(2048);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** JSON in which {@code {rsa key}} and {@code {ec key}} stand for private keys, with the keys. */
    static String withKeys(String json) {
        return json.replace("{rsa key}", pem(RSA)).replace("{ec key}", pem(EC));
    }

    private static String pem(KeyPair keys) {
        return "-----BEGIN PRIVATE KEY-----\\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(UTF_8))
                        .encodeToString(keys.getPrivate().getEncoded())
                        .replace("\n", "\\n")
                + "\\n-----END PRIVATE KEY-----\\n";
    }

    /**
     * @param expected {@code {alg, key, header, claims, issued, lifetime}}; the first of the two times counts from {@code asked}, the
     *     other from the first; no claim beside those may be there
     */
    static void token(JsonNode expected, String sent, Instant asked) {
        try {
            SignedJWT token = SignedJWT.parse(sent);
            Map<String, Object> header = new TreeMap<>(token.getHeader().toJSONObject());
            assertThat(header.remove("alg")).isEqualTo(expected.path("alg").asString());
            assertThat(texts(header)).as("header").isEqualTo(texts(expected.path("header")));
            assertThat(token.verify(verifier(expected.path("key").asString())))
                    .as("the signature")
                    .isTrue();
            Map<String, Object> claims = new TreeMap<>(token.getPayload().toJSONObject());
            long issued = number(claims.remove("iat"));
            long end = number(claims.remove("exp"));
            assertThat(texts(claims)).as("claims").isEqualTo(texts(expected.path("claims")));
            long shift = expected.path("issued").asLong(0);
            assertThat(issued)
                    .as("iat")
                    .isBetween(asked.getEpochSecond() + shift - 1, Instant.now().getEpochSecond() + shift);
            assertThat(Duration.ofSeconds(end - issued))
                    .as("lifetime")
                    .isEqualTo(Duration.ofSeconds(expected.path("lifetime").asLong()));
        } catch (java.text.ParseException | com.nimbusds.jose.JOSEException e) {
            throw new AssertionError(e);
        }
    }

    private static long number(@Nullable Object claim) {
        return ((Number) Objects.requireNonNull(claim)).longValue();
    }

    private static JWSVerifier verifier(String key) throws com.nimbusds.jose.JOSEException {
        return switch (key) {
            case "rsa" -> new RSASSAVerifier((RSAPublicKey) RSA.getPublic());
            case "ec" -> new ECDSAVerifier((ECPublicKey) EC.getPublic());
            default -> new MACVerifier(HexFormat.of().parseHex(key));
        };
    }

    private static Map<String, String> texts(Map<String, Object> values) {
        return values.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, one -> String.valueOf(one.getValue())));
    }

    private static Map<String, String> texts(JsonNode values) {
        return values.properties().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, one -> one.getValue().asString()));
    }

    /** @param expected {@code {issuer, subject, audience, recipient, attributes, lifetime}} (RFC 7522 section 3) */
    static void assertion(JsonNode expected, String sent, Instant asked) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            Element assertion = factory.newDocumentBuilder()
                    .parse(new ByteArrayInputStream(Base64.getDecoder().decode(sent)))
                    .getDocumentElement();
            assertion.setIdAttribute("ID", true);
            assertThat(assertion.getLocalName() + " " + assertion.getAttribute("Version"))
                    .isEqualTo("Assertion 2.0");
            signature(assertion);
            assertThat(only(assertion, "Issuer").getTextContent())
                    .isEqualTo(expected.path("issuer").asString());
            assertThat(only(assertion, "NameID").getTextContent())
                    .isEqualTo(expected.path("subject").asString());
            assertThat(only(assertion, "Audience").getTextContent())
                    .isEqualTo(expected.path("audience").asString());
            assertThat(only(assertion, "SubjectConfirmation").getAttribute("Method"))
                    .isEqualTo("urn:oasis:names:tc:SAML:2.0:cm:bearer");
            Element data = only(assertion, "SubjectConfirmationData");
            assertThat(data.getAttribute("Recipient"))
                    .isEqualTo(expected.path("recipient").asString());
            Duration lifetime = Duration.ofSeconds(expected.path("lifetime").asLong());
            assertThat(Instant.parse(data.getAttribute("NotOnOrAfter")))
                    .isBetween(
                            asked.plus(lifetime).minusSeconds(1), Instant.now().plus(lifetime));
            assertThat(Instant.parse(only(assertion, "Conditions").getAttribute("NotBefore")))
                    .as("good already for a clock that is behind")
                    .isBefore(asked);
            expected.path("attributes").properties().forEach(one -> {
                Element attribute = only(assertion, "Attribute");
                assertThat(attribute.getAttribute("Name")).isEqualTo(one.getKey());
                assertThat(attribute.getTextContent()).isEqualTo(one.getValue().asString());
            });
        } catch (java.io.IOException | org.xml.sax.SAXException | javax.xml.parsers.ParserConfigurationException e) {
            throw new AssertionError(e);
        }
    }

    private static void signature(Element assertion) {
        try {
            Element element = (Element) assertion
                    .getElementsByTagNameNS(XMLSignature.XMLNS, "Signature")
                    .item(0);
            DOMValidateContext context = new DOMValidateContext(RSA.getPublic(), element);
            context.setProperty("org.jcp.xml.dsig.secureValidation", true);
            XMLSignature signature = XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context);
            assertThat(signature.getSignatureValue().validate(context))
                    .as("the signature's value")
                    .isTrue();
            assertThat(signature.validate(context)).as("the signature").isTrue();
            assertThat(signature.getSignedInfo().getSignatureMethod().getAlgorithm())
                    .isEqualTo("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
            assertThat(signature.getSignedInfo().getReferences())
                    .extracting(one -> ((Reference) one).getURI())
                    .containsExactly("#" + assertion.getAttribute("ID"));
        } catch (javax.xml.crypto.MarshalException | javax.xml.crypto.dsig.XMLSignatureException e) {
            throw new AssertionError(e);
        }
    }

    private static Element only(Element assertion, String name) {
        var found = assertion.getElementsByTagNameNS("urn:oasis:names:tc:SAML:2.0:assertion", name);
        assertThat(found.getLength()).as(name).isEqualTo(1);
        return (Element) found.item(0);
    }

    /** @param expected {@code {access_key, secret_key, region, service}} */
    static void request(JsonNode expected, RecordingVendor.Call call) {
        Map<String, String> headers = new TreeMap<>(call.headers());
        headers.put("host", call.url().getHost());
        assertThat(problem(
                        expected.path("access_key").asString(),
                        expected.path("secret_key").asString(),
                        expected.path("region").asString() + "/"
                                + expected.path("service").asString(),
                        call.method(),
                        call.url(),
                        headers,
                        call.body()))
                .as("the signature of " + call.url())
                .isEmpty();
    }

    /** What is wrong with a request's Signature Version 4. @param scope region and service, by a slash */
    static Optional<String> problem(
            String accessKey,
            String secretKey,
            String scope,
            String method,
            URI url,
            Map<String, String> headers,
            String body) {
        Matcher sent = AUTHORIZATION.matcher(headers.getOrDefault("authorization", ""));
        if (!sent.matches()) {
            return Optional.of("no signature: " + headers.getOrDefault("authorization", ""));
        }
        String date = headers.getOrDefault("x-amz-date", "");
        if (!sent.group(1).equals(accessKey)
                || !(sent.group(3) + "/" + sent.group(4)).equals(scope)
                || !date.startsWith(sent.group(2))) {
            return Optional.of("another key, scope or day: " + sent.group());
        }
        String[] signed = sent.group(5).split(";");
        if (!Arrays.asList(signed).contains("host")) {
            return Optional.of("the host is not signed");
        }
        String query = Arrays.stream(
                        Optional.ofNullable(url.getRawQuery()).orElse("").split("&"))
                .sorted()
                .collect(Collectors.joining("&"));
        String canonical = method + "\n" + url.getRawPath() + "\n" + query + "\n"
                + Arrays.stream(signed)
                        .map(name -> name + ":" + headers.getOrDefault(name, "").strip() + "\n")
                        .collect(Collectors.joining())
                + "\n" + sent.group(5) + "\n" + hex(sha256(body));
        String text = "AWS4-HMAC-SHA256\n" + date + "\n" + sent.group(2) + "/" + scope + "/aws4_request\n"
                + hex(sha256(canonical));
        byte[] key = hmac(("AWS4" + secretKey).getBytes(UTF_8), sent.group(2));
        for (String part : (scope + "/aws4_request").split("/")) {
            key = hmac(key, part);
        }
        return hex(hmac(key, text)).equals(sent.group(6)) ? Optional.empty() : Optional.of("wrong: " + canonical);
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** By the expectation's own word for what is signed. */
    static void check(JsonNode signed, RecordingVendor.Call call, Map<String, String> members, Instant asked) {
        signed.properties().forEach(one -> {
            JsonNode expected = one.getValue();
            switch (one.getKey()) {
                case "sigv4" -> request(expected, call);
                case "jwt" -> token(expected, place(expected, call, members), asked);
                case "saml" -> assertion(expected, place(expected, call, members), asked);
                default ->
                    throw new AssertionError(
                            "it is not known how " + Json.MAPPER.writeValueAsString(one.getKey()) + " is signed");
            }
        });
    }

    /** {@code header: name} (with {@code after}, what precedes the token) or {@code member: name}. */
    private static String place(JsonNode expected, RecordingVendor.Call call, Map<String, String> members) {
        String sent = expected.has("header_name")
                ? call.headers().getOrDefault(expected.path("header_name").asString(), "")
                : members.getOrDefault(expected.path("member").asString(), "");
        String after = expected.path("after").asString("");
        assertThat(sent).as("where the signed text is").startsWith(after);
        return sent.substring(after.length());
    }
}
