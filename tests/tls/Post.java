import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import javax.net.ssl.HttpsURLConnection;

/**
 * Makes one call with nothing but what a JVM finds in its environment, and prints the answer.
 *
 * <p>Usage: java Post.java URL TARGET BODY
 */
public class Post {
  public static void main(String[] args) throws Exception {
    HttpsURLConnection call = (HttpsURLConnection) URI.create(args[0]).toURL().openConnection();
    call.setDoOutput(true);
    call.setRequestProperty("Content-Type", "application/x-amz-json-1.1");
    call.setRequestProperty("X-Amz-Target", args[1]);
    try (OutputStream body = call.getOutputStream()) {
      body.write(args[2].getBytes("UTF-8"));
    }
    try (InputStream answer = call.getInputStream()) {
      answer.transferTo(System.out);
    }
  }
}
