import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Connects to servers on loopback as clients in Java do, and says of each whether its certificate was taken.
 *
 * <p>Usage: java Connect.java ROOT [NAME PORT]... where ROOT is a PEM file, or {@code -} for what the JVM trusts.
 */
public class Connect {
  public static void main(String[] args) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
    managers.init(args[0].equals("-") ? null : trusting(Path.of(args[0])));
    context.init(null, managers.getTrustManagers(), null);
    for (int i = 1; i + 1 < args.length; i += 2) {
      System.out.println(connect(context, args[i], Integer.parseInt(args[i + 1])));
    }
  }

  private static KeyStore trusting(Path root) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream pem = Files.newInputStream(root)) {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      store.setCertificateEntry("root", factory.generateCertificate(pem));
    }
    return store;
  }

  private static String connect(SSLContext context, String name, int port) throws Exception {
    try (Socket plain = new Socket("127.0.0.1", port);
        SSLSocket socket =
            (SSLSocket) context.getSocketFactory().createSocket(plain, name, port, true)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return "accepted";
    } catch (SSLException error) {
      StringBuilder text = new StringBuilder("refused:");
      for (Throwable cause = error; cause != null; cause = cause.getCause()) {
        text.append(' ').append(cause.getMessage());
      }
      return text.toString().replace('\n', ' ');
    }
  }
}
