/** Who acts, and what they may: asked by every operation of the domain before it does something. Depends on no other package but for the vault's secret. */
@NullMarked
package dev.latchkey.server.access;

import org.jspecify.annotations.NullMarked;
