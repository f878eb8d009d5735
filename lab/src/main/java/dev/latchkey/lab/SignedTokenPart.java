package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.crypto.spec.SecretKeySpec;

/** A token that the account's own key signed. */
record SignedTokenPart(Auth.SignedToken auth) implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return card.account();
    }

    @Override
    public Playing on(Stage stage) {
        return (request, captured) -> caller(stage, request, captured);
    }

    private Optional<Caller> caller(Stage stage, LabRequest request, Map<String, String> captured) {
        String sent = stage.credentials.token(request, captured).orElse("");
        if (auth.isWsse()) {
            return Caller.first(SignatureCheck.wsse(
                    sent, stage.account.value("username"), stage.account.value("password"), stage.clock.instant()));
        }
        Map<String, String> claims = new LinkedHashMap<>();
        auth.claims().forEach((name, text) -> Endpoints.constant(text).ifPresent(value -> claims.put(name, value)));
        return Caller.first(
                JwtCheck.problem(sent, auth.algorithm(), key(stage), claims, auth.lifetime(), stage.clock.instant())
                        .isEmpty());
    }

    private Key key(Stage stage) {
        if (!auth.algorithm().startsWith("HS")) {
            return LabKeys.of(stage.provider.id(), "account", auth.algorithm()).getPublic();
        }
        String secret = SignatureCheck.expand(auth.key(), stage.account);
        byte[] bytes = switch (auth.keyEncoding()) {
            case "hex" -> HexFormat.of().parseHex(secret);
            case "base64" -> Base64.getDecoder().decode(secret);
            default -> secret.getBytes(StandardCharsets.UTF_8);
        };
        return new SecretKeySpec(bytes, "HmacSHA" + auth.algorithm().substring(2));
    }
}
