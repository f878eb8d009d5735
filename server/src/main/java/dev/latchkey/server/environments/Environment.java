package dev.latchkey.server.environments;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** An isolated set of integrations and connections ({@code dev}, {@code prod}). */
public record Environment(UUID id, String name, Optional<String> callbackUrl, List<String> returnUrls) {}
