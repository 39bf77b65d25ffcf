namespace Grpc.Core;

/// <summary>Says on a service's base class which method hands the methods of the service to a binder; generated.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class BindServiceMethodAttribute(Type bindType, string bindMethodName) : Attribute
{
    /// <summary>The type with the method.</summary>
    public Type BindType { get; } = bindType;

    /// <summary>The static method, which takes a <see cref="ServiceBinderBase"/> and the service.</summary>
    public string BindMethodName { get; } = bindMethodName;
}
