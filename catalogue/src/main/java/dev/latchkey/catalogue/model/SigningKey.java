package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Text;

/** A key that signs a token or an assertion. @param algorithm as JWTs name it, or WSSE */
public record SigningKey(String algorithm, Text key) {}
