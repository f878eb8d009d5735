package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Text;

/** What HTTP Basic sends (RFC 7617). */
public record UserAndPassword(Text username, Text password) {}
