namespace Grpc.Core;

/// <summary>The responses of a streaming call, at the server. The stream ends when the handler does.</summary>
/// <typeparam name="T">The response message.</typeparam>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}
