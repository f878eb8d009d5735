package dev.latchkey.server.qr;

import com.google.zxing.BarcodeFormat;
import com.google.zxing.EncodeHintType;
import com.google.zxing.WriterException;
import com.google.zxing.common.BitMatrix;
import com.google.zxing.qrcode.QRCodeWriter;
import com.google.zxing.qrcode.decoder.ErrorCorrectionLevel;
import java.util.Map;

/** A text as a QR code (ISO/IEC 18004), to be drawn on a page or in a terminal. */
public final class QrCode {
    private static final int TERMINAL_MARGIN = 2;

    private final BitMatrix modules;

    private QrCode(BitMatrix modules) {
        this.modules = modules;
    }

    /** @throws IllegalArgumentException when the text is longer than a code can hold, 2,953 bytes */
    public static QrCode of(String text) {
        try {
            return new QrCode(new QRCodeWriter()
                    .encode(
                            text,
                            BarcodeFormat.QR_CODE,
                            0,
                            0,
                            Map.of(EncodeHintType.MARGIN, 0, EncodeHintType.ERROR_CORRECTION, ErrorCorrectionLevel.L)));
        } catch (WriterException e) {
            throw new IllegalArgumentException("the text is too long for a QR code", e);
        }
    }

    /** Modules per side. */
    public int size() {
        return modules.getWidth();
    }

    /** The dark modules as the path of an SVG whose unit is one module: a rectangle for each run of a row. */
    public String path() {
        StringBuilder path = new StringBuilder();
        for (int y = 0; y < size(); y++) {
            for (int x = 0; x < size(); x++) {
                int from = x;
                while (x < size() && modules.get(x, y)) {
                    x++;
                }
                if (x > from) {
                    path.append('M')
                            .append(from)
                            .append(' ')
                            .append(y)
                            .append('h')
                            .append(x - from);
                    path.append("v1h-").append(x - from).append('z');
                }
            }
        }
        return path.toString();
    }

    /** Two modules a character, so that it is square in a terminal; light on dark, as most terminals are. */
    public String terminal() {
        StringBuilder drawn = new StringBuilder();
        for (int y = -TERMINAL_MARGIN; y < size() + TERMINAL_MARGIN; y += 2) {
            for (int x = -TERMINAL_MARGIN; x < size() + TERMINAL_MARGIN; x++) {
                boolean upper = !dark(x, y);
                boolean lower = !dark(x, y + 1);
                drawn.append(upper && lower ? '\u2588' : upper ? '\u2580' : lower ? '\u2584' : ' ');
            }
            drawn.append(System.lineSeparator());
        }
        return drawn.toString();
    }

    private boolean dark(int x, int y) {
        return x >= 0 && y >= 0 && x < size() && y < size() && modules.get(x, y);
    }
}
