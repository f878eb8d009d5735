package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.template.JsonPath;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads an authorization code grant, wherever a definition has one. */
final class CodeGrantReader {
    private CodeGrantReader() {}

    static CodeGrant read(Section section) {
        Optional<Section> refresh = section.section("refresh");
        return new CodeGrant(
                new CodeGrant.Consent(
                        ScopesReader.authorize(section),
                        section.flag("pkce", true),
                        section.map("device", device -> TemplateReader.url(device, "url")),
                        section.text("issuer"),
                        callbackCheck(section)),
                new CodeGrant.Client(
                        ClientAuthReader.read(section),
                        refresh.filter(one -> one.has("client_auth")).map(ClientAuthReader::read),
                        section.flag("dpop", false)),
                CodeGrant.Redeems.valueOf(section.choice("grant", "authorization_code", "client_credentials")
                        .toUpperCase(Locale.ROOT)),
                CallReader.required(section, "exchange"),
                new CodeGrant.Refresh(
                        refresh.filter(one -> one.has("url") || one.has("call")).map(CallReader::token),
                        refresh.map(CodeGrantReader::policy).orElse(CodeGrant.RefreshPolicy.REFRESH_TOKEN),
                        section.map("exchange_stored", CallReader::token)),
                new CodeGrant.Response(
                        TokenReader.read(section),
                        section.map("ok_when", CallReader::okWhen),
                        TokenReader.learn(section),
                        extraTokens(section)),
                section.sections("then").stream().map(CodeGrantReader::then).toList(),
                TokenReader.expiry(section),
                section.map("proof", CodeGrantReader::proof));
    }

    private static CodeGrant.RefreshPolicy policy(Section section) {
        return CodeGrant.RefreshPolicy.valueOf(section.choice("policy", "refresh_token", "remint", "manual", "none")
                .toUpperCase(Locale.ROOT));
    }

    private static CodeGrant.Then then(Section section) {
        return new CodeGrant.Then(
                section.required("id"),
                CallReader.read(section, Call.Method.GET),
                TokenReader.read(section),
                section.flag("optional", false),
                section.flag("on_refresh", false));
    }

    static Optional<Auth.CallbackCheck> callbackCheck(Section section) {
        return section.map(
                "callback_check",
                one -> new Auth.CallbackCheck(
                        one.required("hmac"),
                        one.choice("enc", "hex", "base64"),
                        TemplateReader.text(one, "key", "${app.clientSecret}"),
                        one.required("param"),
                        one.choice("over", "sorted_query")));
    }

    static Auth.Proof proof(Section section) {
        return new Auth.Proof(
                section.map("user", CodeGrantReader::read),
                CallReader.read(section, Call.Method.GET),
                section.map("find", ApiReader::find));
    }

    private static Map<String, CodeGrant.ExtraToken> extraTokens(Section section) {
        Map<String, CodeGrant.ExtraToken> found = new LinkedHashMap<>();
        section.section("extra_tokens")
                .ifPresent(all -> all.keys()
                        .forEach(name -> all.section(name).ifPresent(one -> found.put(name, extraToken(name, one)))));
        return java.util.Collections.unmodifiableMap(found);
    }

    private static CodeGrant.ExtraToken extraToken(String name, Section one) {
        return new CodeGrant.ExtraToken(
                one.path("from").orElse(JsonPath.parse(name)),
                one.choice("refresh", "own", "shared").equals("own"),
                one.has("url") ? Optional.of(CallReader.token(one)) : Optional.empty(),
                CodeGrant.ExtraGrant.valueOf(one.choice("grant", "refresh_token", "client_credentials")
                        .toUpperCase(Locale.ROOT)));
    }
}
