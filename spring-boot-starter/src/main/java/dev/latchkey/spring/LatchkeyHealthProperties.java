package dev.latchkey.spring;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code latchkey.health.*}.
 *
 * @param timeout after which the server counts as down: a probe gives up after a few seconds, and asks again
 */
@ConfigurationProperties("latchkey.health")
public record LatchkeyHealthProperties(@DefaultValue("2s") Duration timeout) {}
