/** QR codes, for pages and for the terminal. */
@NullMarked
package dev.latchkey.server.qr;

import org.jspecify.annotations.NullMarked;
