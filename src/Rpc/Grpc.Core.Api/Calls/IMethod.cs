namespace Grpc.Core;

/// <summary>What is known of a method without its message types.</summary>
public interface IMethod
{
    /// <summary>The shape of the call.</summary>
    public MethodType Type { get; }

    /// <summary>The full name of the service, package included.</summary>
    public string ServiceName { get; }

    /// <summary>The name of the method within its service.</summary>
    public string Name { get; }

    /// <summary>The HTTP/2 path of the method: <c>/service/method</c>.</summary>
    public string FullName { get; }
}
